"""A call: from its INVITE to its end."""
