"""Agents: the people who log in."""
