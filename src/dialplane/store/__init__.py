"""Rows and values: the tables, their migrations, and units of work on SQLite or PostgreSQL.

Start with `database.py` (opens units of work), `unit.py` (carries out statements) and `queries/` (the statements, by
noun; those that all kinds of objects share are in `objects.py`). All that differs between databases is in `backend.py`
and its two implementations.
"""
