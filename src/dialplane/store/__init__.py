"""Rows and values: the tables, their migrations, and one unit of work at a time on SQLite or PostgreSQL.

Start with `database.py` (the unit of work) and `tables.py`.
"""
