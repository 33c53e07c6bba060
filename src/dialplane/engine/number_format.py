"""Numbers in the form that a carrier wants: its rules on the digits, then its format; from the original number.

Numbers are E.164 (ITU-T E.164, and RFC 3966, section 5.1.4, for `+` and digits in a URI).
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from dialplane.domain.number_format import (
    ACCESS_00,
    ACCESS_011,
    ANY_REST,
    DIGITS,
    NANP11,
    NATIONAL,
    PLUS,
    SIGNS,
)
from dialplane.domain.provider import Provider

_NANP = re.compile(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}")
_NANP_CODE = "1"
_FORMATTED = re.compile(r"[0-9A-Za-z*#+]{1,32}")


class Home(NamedTuple):
    """How a region dials: its country code, the prefix of its national numbers, and the one of all others."""

    country_code: str
    trunk_prefix: str
    access_code: str


def called_number(provider: Provider, number: str) -> str | None:
    """The called number as this provider wants it; None if that is nothing that a user part may hold."""
    return _formed(number, provider.digit_rules, provider.number_format, provider.home_region)


def caller_number(provider: Provider, number: str) -> str | None:
    """The same for the caller's number."""
    return _formed(number, provider.caller_rules, provider.caller_format, provider.home_region)


def _formed(number: str, rules: Sequence[Mapping[str, Any]], form: str, region: str) -> str | None:
    formed = in_format(rewritten(number, rules), form, region)
    return formed if _FORMATTED.fullmatch(formed) else None


def rewritten(number: str, rules: Sequence[Mapping[str, Any]]) -> str:
    """The number after the first rule that matches it; as it is if none does."""
    for rule in rules:
        if is_match(rule["match"], number):
            return f"{rule['prepend']}{number[rule['strip'] :]}"
    return number


def is_match(match: str, number: str) -> bool:
    """Whether a rule's `match` is the form of the number, from its first sign to its last."""
    signs = match.removesuffix(ANY_REST)
    if len(number) < len(signs) or (len(number) > len(signs) and signs == match):
        return False
    return all(digit in SIGNS.get(sign, sign) for sign, digit in zip(signs, number, strict=False))


def in_format(number: str, form: str, region: str) -> str:
    """The number in one of NUMBER_FORMATS; as it is without a `+`, which a rule has taken then."""
    if form == PLUS or not number.startswith("+"):
        return number
    digits = number[1:]
    if form == DIGITS:
        return digits
    if form == NANP11:
        return digits if _NANP.fullmatch(number) else f"{ACCESS_011}{digits}"
    if form == NATIONAL:
        return _national(digits, home_of(region))
    return f"{form}{digits}"


def _national(digits: str, home: Home) -> str:
    """Numbers of the home region's country with its trunk prefix, all others with its access code."""
    if digits.startswith(home.country_code):
        return f"{home.trunk_prefix}{digits.removeprefix(home.country_code)}"
    return f"{home.access_code}{digits}"


@lru_cache(maxsize=256)
def home_of(region: str) -> Home:
    """How this region (ISO code) dials. North American numbers are ten digits, without the 1 that phones dial.

    A region with several access codes, one for each long-distance carrier, has 00 if none is preferred.
    """
    import phonenumbers  # 30 ms and its tables: only for carriers that want national numbers

    code = str(phonenumbers.country_code_for_region(region))
    trunk_prefix = phonenumbers.ndd_prefix_for_region(region, True) or ""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    prefix = metadata and (metadata.preferred_international_prefix or metadata.international_prefix)
    access_code = (prefix or "").replace("~", "")
    return Home(
        code,
        "" if code == _NANP_CODE else trunk_prefix,
        access_code if access_code.isdecimal() else ACCESS_00,
    )
