"""The form in which a carrier wants numbers: a format, and rules that change the digits before it.

No regular expressions: a rule's match is read sign by sign, so that none can take long or match in the middle.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dialplane.domain.errors import InvalidValue
from dialplane.domain.tech import parse_affix

PLUS = "plus"
DIGITS = "digits"
ACCESS_00 = "00"
ACCESS_011 = "011"
NATIONAL = "national"
NANP11 = "nanp11"
NUMBER_FORMATS = (PLUS, DIGITS, ACCESS_00, ACCESS_011, NATIONAL, NANP11)

SIGNS: Mapping[str, str] = {"X": "0123456789", "Z": "123456789", "N": "23456789"}
"""Signs of a match that stand for one digit out of several, and these digits."""
ANY_REST = "."
MAX_RULES = 16
MAX_MATCH = 20

_MATCH = re.compile(r"\+?[0-9XZN]*\.?", re.ASCII)
_FIELDS = {"match", "strip", "prepend"}


def parse_digit_rules(value: Sequence[Mapping[str, Any]], *, field: str = "digit_rules") -> Sequence[Mapping[str, Any]]:
    """At most 16 rules `{match, strip, prepend}`, complete. Raises InvalidValue.

    `match`: at most 20 signs, an optional `+`, digits, X (0-9), Z (1-9), N (2-9), and last `.` for any rest. `strip`:
    how many of its signs before the `.` are removed from the number; `prepend`: what is put in their place.
    """
    if len(value) > MAX_RULES:
        raise InvalidValue(field, "too_many", f"must have at most {MAX_RULES} rules")
    return tuple(_rule(rule, field) for rule in value)


def _rule(rule: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    if not isinstance(rule, Mapping) or not {"match"} <= set(rule) <= _FIELDS:
        raise InvalidValue(field, "invalid_rule", "must be a list of rules with match, strip and prepend")
    match, strip, prepend = rule["match"], rule.get("strip", 0), rule.get("prepend", "")
    if not isinstance(match, str) or not 0 < len(match) <= MAX_MATCH or not _MATCH.fullmatch(match):
        raise InvalidValue(
            field,
            "invalid_match",
            f"match must be at most {MAX_MATCH} signs: an optional +, digits, X, Z and N, and last . for any rest",
        )
    if type(strip) is not int or not 0 <= strip <= len(match.removesuffix(ANY_REST)):
        raise InvalidValue(field, "out_of_range", "strip must count signs of the match before its .")
    if not isinstance(prepend, str):
        raise InvalidValue(field, "invalid_type", "prepend must be a string")
    return {"match": match, "strip": strip, "prepend": parse_affix(prepend, field=field)}
