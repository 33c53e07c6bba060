"""Access keys: long-lived credentials."""
