"""What the words mean: frozen values, their rules, and the errors that name a broken rule.

Standard library only; no clock, no I/O. Start with `route.py` and `provider.py`.
"""
