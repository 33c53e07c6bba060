"""How often a fault is repeated: a few times in every run, hundreds of times in `make faults`."""

import os

import pytest

FULL = os.environ.get("FAULTS") == "full"

may_take_long = pytest.mark.timeout(5400 if FULL else 120)
"""For tests that count by `times`."""


def times(few: int, full: int) -> int:
    """`few`, or with FAULTS=full `full`."""
    return full if FULL else few
