"""Calls and their attempts, as the edges saw them."""
