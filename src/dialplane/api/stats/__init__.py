"""Statistics of attempts and calls."""
