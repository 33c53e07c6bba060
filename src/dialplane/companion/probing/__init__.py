"""Probes: OPTIONS to every provider, and the health that follows from the answers."""
