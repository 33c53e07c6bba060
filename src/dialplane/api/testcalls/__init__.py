"""Real calls that try a number."""
