"""The use cases, one module per noun. Each takes a unit of work and the actor, checks, changes, records.

Start with `permissions.py` (who may do what) and `routes.py` (a noun that shows all the conventions).
"""
