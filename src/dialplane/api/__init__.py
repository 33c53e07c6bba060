"""The REST API: reads requests strictly, calls the use cases of `control`, prints their answers.

One folder per resource, each with `endpoints.py` and `schemas.py`. `app.py` puts them together.
"""
