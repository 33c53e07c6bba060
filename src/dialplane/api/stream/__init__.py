"""The stream: what happens, as it happens, for those who watch."""
