"""Targets and numbers: the two E.164 values that routing matches against each other.

A number is `+` and 1-15 ASCII digits, the first not 0 (ITU-T E.164). A target is a prefix of one, or `all`. Both are
text with a rule, not classes: they are keys in LMDB, columns and JSON, and what holds one has checked it (`value.py`).
"""

import re
from typing import Annotated

from dialplane.domain.errors import InvalidValue

ALL = "all"
MAX_DIGITS = 15

_E164 = re.compile(r"\+[1-9][0-9]{0,14}")
_DIGITS = re.compile(r"[0-9]{1,15}")


def parse_target(text: str, *, field: str = "target") -> str:
    """The target itself. Raises InvalidValue for all but `all` and `+` with 1-15 digits."""
    if text != ALL and not is_number(text):
        raise InvalidValue(
            field, "invalid_target", "must be 'all', or '+' and 1 to 15 digits of which the first is not 0"
        )
    return text


def parse_number(text: str, *, field: str = "target") -> str:
    """A full number, `+` and 1-15 digits. Raises InvalidValue."""
    if not is_number(text):
        raise InvalidValue(field, "invalid_number", "must be '+' and 1 to 15 digits of which the first is not 0")
    return text


def parse_digits(text: str, *, field: str) -> str:
    """The last digits of a number, 1 to 15. Raises InvalidValue."""
    if _DIGITS.fullmatch(text) is None:
        raise InvalidValue(field, "invalid_digits", "must be 1 to 15 digits")
    return text


def is_number(text: str) -> bool:
    """Whether this is a number, or the beginning of one (ITU-T E.164)."""
    return _E164.fullmatch(text) is not None


def matches(target: str, number: str) -> bool:
    """Whether a route with this target carries this number."""
    return target == ALL or number.startswith(target)


def specificity(target: str) -> int:
    """How long the target is, for "longer before shorter, `all` last"."""
    return 0 if target == ALL else len(target)


Target = Annotated[str, parse_target]
