"""Search over what operators keep, and over calls."""
