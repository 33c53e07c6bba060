"""REST API. `app` puts it together: a folder for each resource, on `http/`, which all of them share.

Imports run one way: server > app > resources > http > metrics (contracts in .importlinter).
"""
