"""Normalises what was dialled to a number: `+` and 1-15 digits, or none (docs/domain.md, section 6)."""

import re
from typing import NamedTuple

from dialplane.domain.target import is_number

_SEPARATORS = str.maketrans("", "", "-.()")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_DIGITS = re.compile(r"[0-9]{1,32}")
_LONGEST_USER = 128


class Normalised(NamedTuple):
    """`number` is None if that is no number. `emergency`: the region lists it, and only an exact target may match."""

    number: str | None
    emergency: bool = False


_NOT_A_NUMBER = Normalised(None)


def normalise(user: str, *, default_region: str = "") -> Normalised:
    """The number that a caller dialled, from the user part of a `sip:` URI or the subscriber part of a `tel:` URI.

    `default_region` is the ISO country whose national format the trunk dials, "" if its digits are international.
    """
    if len(user) > _LONGEST_USER:
        return _NOT_A_NUMBER
    dialled = _unescaped(user).partition(";")[0].translate(_SEPARATORS)
    if dialled.startswith("+"):
        return _international(dialled[1:])
    if not _DIGITS.fullmatch(dialled):
        return _NOT_A_NUMBER
    return _in_region(dialled, default_region) if default_region else _international(_without_access_code(dialled))


def _unescaped(user: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), user) if "%" in user else user


def _without_access_code(digits: str) -> str:
    """The digits without an international access code, 00 (ITU) or 011 (North America)."""
    if digits.startswith("00"):
        return digits[2:]
    return digits[3:] if digits.startswith("011") else digits


def _international(digits: str) -> Normalised:
    number = f"+{digits}"
    return Normalised(number) if is_number(number) else _NOT_A_NUMBER


def _in_region(digits: str, region: str) -> Normalised:
    """Digits as that region dials them, if they are a valid number there (0113 is Leeds in GB, not 011 and Spain).

    Else the general access codes hold, and last a number of at least national length.
    """
    import phonenumbers  # 30 ms and its tables: only if a trunk dials national numbers
    from phonenumbers import shortnumberinfo

    if shortnumberinfo.is_emergency_number(digits, region):
        return Normalised(f"+{digits}", emergency=True)
    try:
        parsed = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        parsed = None
    international = _without_access_code(digits)
    if international != digits and not (parsed and phonenumbers.is_valid_number(parsed)):
        return _international(international)
    if parsed and phonenumbers.is_possible_number(parsed):
        return _international(f"{parsed.country_code}{phonenumbers.national_significant_number(parsed)}")
    return _NOT_A_NUMBER
