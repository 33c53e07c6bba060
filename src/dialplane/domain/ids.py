"""Object ids: UUIDs in the canonical 8-4-4-4-12 form, lower case."""

import re
from typing import Annotated

from dialplane.domain.errors import InvalidValue

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

SYSTEM_DEFAULT_CUSTOMER = "00000000-0000-0000-0000-000000000001"
"""The customer whose routes come after every customer's own. Exists from the first start, cannot be deleted."""


def parse_id(text: str, *, field: str = "id") -> str:
    """The canonical lower-case id. Braces, `urn:` and 32 bare hex digits are refused. Raises InvalidValue."""
    if _CANONICAL.fullmatch(text):
        return text
    lowered = text.lower() if text.isascii() else ""
    if not _CANONICAL.fullmatch(lowered):
        raise InvalidValue(field, "invalid_id", "must be a UUID in the form 8-4-4-4-12 hexadecimal digits")
    return lowered


Id = Annotated[str, parse_id]


FIRST_OF_ID = 8
"""Characters from which a text is taken for the beginning of an id: those of a UUID's first group."""

_SHAPE = "00000000-0000-0000-0000-000000000000"
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


def is_beginning_of_id(text: str) -> bool:
    """Whether an id may begin so: hexadecimal digits, with hyphens where a UUID has them."""
    if not FIRST_OF_ID <= len(text) <= len(_SHAPE):
        return False
    return all(char == "-" if place == "-" else char in _HEXADECIMAL for char, place in zip(text, _SHAPE, strict=False))
