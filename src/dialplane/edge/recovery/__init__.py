"""Recovery: calls that outlive a restart of Kamailio, and those whose end was lost."""
