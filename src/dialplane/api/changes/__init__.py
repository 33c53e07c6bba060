"""Changes: many creates, updates and deletes in one request, all or none, as one revision."""
