# Generated from asynchronous/__init__.py by `python -m tools.generate_client`, not edited by hand.
"""The blocking client."""
