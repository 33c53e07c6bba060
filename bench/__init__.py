"""The figures: `make bench`, or `python -m bench NAME...` for some of them.

Absolutes belong to the machine that printed them; ratios are measured side by side in one run.
"""
