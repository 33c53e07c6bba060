"""Countries by the digits that their numbers begin with, as the console names them behind a target.

Source: libphonenumber's metadata (phonenumbers), and for the codes of no country ITU-T's list of assigned E.164 codes.
Codes that countries share are told apart as far as digits alone can: +1 by its area codes, +7 and others where one
has digits of its own. A target shorter than those is of all who share the code; the rest of a shared code is of its
main country, so that numbers of Guernsey, the Isle of Man and Jersey read United Kingdom.
"""

import re
from collections.abc import Iterator, Mapping

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberType, geocoder

NORTH_AMERICA, RUSSIA_AND_KAZAKHSTAN = 1, 7
OF_SEVERAL = {NORTH_AMERICA: "North America", RUSSIA_AND_KAZAKHSTAN: "Russia and Kazakhstan"}
"""Codes whose first digits alone are of no country."""

OF_NONE = {
    800: "International freephone",
    808: "International shared cost",
    870: "Inmarsat",
    878: "Universal personal",
    881: "Satellite",
    882: "International networks",
    883: "International networks",
    888: "Disaster relief",
    979: "International premium rate",
}
UNNAMED = {"AC": "Ascension Island", "XK": "Kosovo"}
"""Regions that the metadata has no name for."""

_SUBSCRIBER = "2345678"
"""Behind each area code of +1 there is such a number."""

_OF_A_PLACE = {PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_DIGITS = re.compile(r"[0-9]+(\|[0-9]+)*")


def countries() -> Mapping[str, str]:
    """Name -> the beginnings of its numbers, without +, with blanks between."""
    found: dict[str, list[str]] = {}
    for digits, name in _beginnings():
        found.setdefault(name, []).append(digits)
    return {name: " ".join(sorted(digits)) for name, digits in sorted(found.items())}


def _beginnings() -> Iterator[tuple[str, str]]:
    for code, (main, *others) in COUNTRY_CODE_TO_REGION_CODE.items():
        yield str(code), OF_SEVERAL.get(code) or OF_NONE.get(code) or _name(main)
        if code == NORTH_AMERICA:
            yield from _area_codes()
        elif code == RUSSIA_AND_KAZAKHSTAN:
            yield from ((f"{code}{digit}", _name(main)) for digit in "3489")
        for region in others if code != NORTH_AMERICA else ():
            metadata = PhoneMetadata.metadata_for_region(region)
            digits = metadata.leading_digits if metadata else None
            if digits and _DIGITS.fullmatch(digits) and _name(region):
                yield from ((f"{code}{one}", _name(region)) for one in digits.split("|"))


def _area_codes() -> Iterator[tuple[str, str]]:
    for area in range(200, 1000):
        number = phonenumbers.parse(f"+{NORTH_AMERICA}{area}{_SUBSCRIBER}")
        region = phonenumbers.region_code_for_number(number)
        if region and phonenumbers.number_type(number) in _OF_A_PLACE:
            yield f"{NORTH_AMERICA}{area}", _name(region)


def _name(region: str) -> str:
    example = phonenumbers.example_number(region)
    named = geocoder.country_name_for_number(example, "en") if example else ""
    return str(named or UNNAMED.get(region, ""))
