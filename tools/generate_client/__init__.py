"""Generates the Python client of the REST API from its OpenAPI document; `__main__` says how it is run."""
