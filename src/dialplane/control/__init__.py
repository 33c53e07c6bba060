"""The use cases, one module per noun. Each takes a unit of work and the actor, checks, changes, records.

Start with `permissions.py` (who may do what), `lifecycle.py` (the verbs that all nouns have) and `trunks.py` (a noun
with rules of its own).
"""
