"""Decisions: values in, values and their reasons out. No clock, no I/O, no randomness of its own.

`dialroute.py` says which providers in which order, `failover.py` what follows an attempt, `number.py` what was
dialled, `egress.py` what reaches the carrier's wire.
"""
