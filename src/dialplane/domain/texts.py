"""Rules for free text, choices and bounded integers, shared by all resources."""

from collections.abc import Collection

from dialplane.domain.errors import InvalidValue

MAX_NAME = 255
MAX_DETAIL = 4096


def parse_text(text: str, *, field: str, longest: int) -> str:
    """Text as it was given, byte-exact. Raises InvalidValue for NUL, lone surrogates and over-length."""
    if len(text) > longest:
        raise InvalidValue(field, "too_long", f"must have at most {longest} characters")
    if "\x00" in text:
        raise InvalidValue(field, "invalid_text", "must not contain a NUL character")
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise InvalidValue(field, "invalid_text", "must not contain a lone surrogate")
    return text


def parse_name(text: str, *, field: str = "name") -> str:
    """A label of at most 255 characters. Raises InvalidValue."""
    return parse_text(text, field=field, longest=MAX_NAME)


def parse_detail(text: str, *, field: str = "detail") -> str:
    """A description of at most 4096 characters. Raises InvalidValue."""
    return parse_text(text, field=field, longest=MAX_DETAIL)


def parse_choice(text: str, *, field: str, among: Collection[str]) -> str:
    """One of a closed list of words. Raises InvalidValue."""
    if text not in among:
        raise InvalidValue(field, "invalid_choice", "must be one of " + ", ".join(sorted(among)))
    return text


def parse_range(value: int, *, field: str, least: int, most: int) -> int:
    """An integer from `least` to `most`. Raises InvalidValue; `True` is not an integer here."""
    if type(value) is not int or not least <= value <= most:
        raise InvalidValue(field, "out_of_range", f"must be an integer from {least} to {most}")
    return value
