"""Limits: channels, breakers, overload."""
