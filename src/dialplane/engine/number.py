"""Normalises what was dialled to a number: `+` and 1-15 digits, or none (docs/domain.md, section 6)."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from dialplane.domain.target import is_number

_SEPARATORS = str.maketrans("", "", "-.()")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_DIGITS = re.compile(r"[0-9]{1,32}")
_LONGEST_USER = 128
_LONGEST_COUNTRY_CODE = 3
_SHORTEST_CODE = 3  # behind a +; as they are dialled, some countries have codes of two digits
_NO_REGION = ("ZZ", "001")  # phonenumbers' words for no country and for more than one

SHORT_CODE = re.compile(
    r"[0-9]{3}|1122|1220|1298|13[0-9]{2}|1444|1669|1730|2611|9999|10111|10177|90000"
    r"|124422|127799|201606|201917|202099|202914|320221|723141"
)
"""Emergency and special numbers: no subscriber's number has so few digits (ITU-T E.164, E.129), and the longer ones are
those that some region lists as emergency (phonenumbers 9.0.43)."""


class Step(NamedTuple):
    """One step of normalising, a key of STEPS, that changed what was dialled."""

    rule: str
    before: str
    after: str


STEPS: Mapping[str, str] = {
    "decoded": "percent signs are decoded (RFC 3986)",
    "parameters": "parameters behind a semicolon are no digits (RFC 3966)",
    "separators": "hyphens, dots and brackets are no digits (RFC 3966)",
    "context": "the digits are read within `phone-context` (RFC 3966, section 5.1.5)",
    "region": "the digits are read as the trunk's region dials them",
    "access_code": "an international access code (00, 011) is left out",
    "international": "the digits are those behind the +",
    "short_code": "an emergency or special number stays as it is",
}
"""Step of normalising -> what it does."""

Note = Callable[[str, str, str], None]
"""What gets each step: its rule, what was there before, and after."""


def _unnoted(rule: str, before: str, after: str) -> None:
    """Calls keep no steps."""


class Normalised(NamedTuple):
    """`number` is None if that is no number. `emergency`: a short code, which only an exact target may match."""

    number: str | None
    emergency: bool = False


class Ported(NamedTuple):
    """The result of a portability look-up that came with a number (RFC 4694).

    `routing_number`: `+` and digits, "" if the number was not ported. `is_looked_up`: no further look-up is needed.
    `is_malformed`: a routing number came that is none.
    """

    routing_number: str = ""
    is_looked_up: bool = False
    is_malformed: bool = False


NOT_LOOKED_UP = Ported()
_NOT_A_NUMBER = Normalised(None)


def steps_of(user: str, *, default_region: str = "") -> list[Step]:
    """The steps by which `normalise` reads what was dialled, in order; those that change nothing are left out."""
    steps = list[Step]()

    def note(rule: str, before: str, after: str) -> None:
        if before != after:
            steps.append(Step(rule, before, after))

    normalise(user, default_region=default_region, note=note)
    return steps


def normalise(user: str, *, default_region: str = "", note: Note = _unnoted) -> Normalised:
    """The number that a caller dialled, from the user part of a `sip:` URI or the subscriber part of a `tel:` URI.

    `default_region` is the ISO country whose national format the trunk dials, "" if its digits are international. A
    `phone-context` says where digits are valid (RFC 3966, section 5.1.5); within a private one they are no number.
    """
    if is_number(user):
        return _international(user[1:])
    if len(user) > _LONGEST_USER:
        return _NOT_A_NUMBER
    dialled, parameters = _parts(user, note)
    if dialled.startswith("+"):
        return _international(dialled[1:])
    if not _DIGITS.fullmatch(dialled):
        return _NOT_A_NUMBER
    rule, number = _read(dialled, parameters, default_region)
    note("short_code" if number.emergency else rule, dialled, number.number or "")
    return number


def _read(digits: str, parameters: Mapping[str, str], default_region: str) -> tuple[str, Normalised]:
    """The step that makes a number of digits without a +, and the number."""
    if "phone-context" in parameters:
        return "context", _in_context(digits, parameters["phone-context"].translate(_SEPARATORS))
    if default_region:
        return "region", _in_region(digits, default_region)
    if len(digits) < _SHORTEST_CODE:
        return "short_code", Normalised(f"+{digits}", emergency=True)
    international = _without_access_code(digits)
    return "access_code" if international != digits else "international", _international(international)


def ported(user: str) -> Ported:
    """The parameters `rn` and `npdi` of what was dialled; a routing number that is none is left out (RFC 4694)."""
    if len(user) > _LONGEST_USER or ";" not in user:
        return NOT_LOOKED_UP
    _, parameters = _parts(user)
    said = parameters.get("rn", "")
    number = (parameters.get("rn-context", "") + said).translate(_SEPARATORS)
    is_good = bool(said) and is_number(number)
    return Ported(number if is_good else "", "npdi" in parameters, "rn" in parameters and not is_good)


def _parts(user: str, note: Note = _unnoted) -> tuple[str, Mapping[str, str]]:
    """The digits without separators, and the parameters by their names in small letters."""
    decoded = _unescaped(user)
    note("decoded", user, decoded)
    dialled, *parameters = decoded.split(";")
    note("parameters", decoded, dialled)
    digits = dialled.translate(_SEPARATORS)
    note("separators", dialled, digits)
    pairs = (parameter.partition("=") for parameter in parameters)
    return digits, {name.lower(): value for name, _, value in pairs}


def _unescaped(user: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), user) if "%" in user else user


def _without_access_code(digits: str) -> str:
    """The digits without an international access code, 00 (ITU) or 011 (North America)."""
    if SHORT_CODE.fullmatch(digits):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    return digits[3:] if digits.startswith("011") else digits


def _international(digits: str) -> Normalised:
    number = f"+{digits}"
    if SHORT_CODE.fullmatch(digits):
        return Normalised(number, emergency=True)
    return Normalised(number) if is_number(number) else _NOT_A_NUMBER


def _in_context(digits: str, context: str) -> Normalised:
    """Digits that are valid behind the first digits of international numbers, `+` and 1-15 digits.

    Those of a whole country are read as that country dials them: they may have its trunk prefix, or be an emergency
    number, which behind the country's code would be none.
    """
    if not is_number(context):
        return _NOT_A_NUMBER
    import phonenumbers
    from phonenumbers import shortnumberinfo

    for length in range(1, _LONGEST_COUNTRY_CODE + 1):
        region = phonenumbers.region_code_for_country_code(int(context[1 : 1 + length] or 0))
        if region in _NO_REGION:
            continue
        if shortnumberinfo.is_emergency_number(digits, region):
            return Normalised(f"+{digits}", emergency=True)
        if length == len(context) - 1 and (national := _in_region(digits, region)).number:
            return national
    return _international(context[1:] + digits)


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
