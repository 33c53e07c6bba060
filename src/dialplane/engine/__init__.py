"""Decisions: values in, values and their reasons out. No clock, no I/O, no randomness of its own.

`admission.py` decides whether a call is let in, `number.py` normalises what was dialled, `dialroute.py` orders the
providers, `egress.py` builds what is sent to one, `failover.py` decides what follows an attempt, `breaker.py` and
`overload.py` protect carriers and the edge. `reasons.py` and `refusals.py` are the codes and sentences of all of them.
"""
