"""The field's nouns: frozen values that cannot be invalid, and the errors that name a broken rule.

Standard library only; no clock, no I/O. Start with `route.py`, `value.py` and `kinds.py`.
"""
