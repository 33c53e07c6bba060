"""Export of all objects of a kind."""
