"""Limits that all workers of an edge share: caps, breakers, overload."""
