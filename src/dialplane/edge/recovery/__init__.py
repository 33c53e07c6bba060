"""Recovery: calls that outlive Kamailio, and those whose end was lost."""
