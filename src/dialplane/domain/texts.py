"""Rules for free text, closed lists of words, flags and bounded integers, shared by all resources."""

from collections.abc import Callable, Collection
from enum import StrEnum
from functools import partial
from typing import Annotated, TypeVar

from dialplane.domain.errors import InvalidValue

MAX_NAME = 255
MAX_DETAIL = 4096

E = TypeVar("E", bound=StrEnum)


def parse_text(text: str, *, field: str, longest: int) -> str:
    """Text as it was sent, byte-exact. Raises InvalidValue for NUL, lone surrogates and over-length."""
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


def parse_member(text: str, *, field: str, among: type[E]) -> E:
    """The member of a closed list of words. Raises InvalidValue."""
    try:
        return among(text)
    except ValueError:
        raise InvalidValue(field, "invalid_choice", "must be one of " + ", ".join(sorted(among))) from None


def parse_flag(value: bool, *, field: str) -> bool:
    """True or False, and nothing that only counts as one of them. Raises InvalidValue."""
    if type(value) is not bool:
        raise InvalidValue(field, "invalid_type", "must be true or false")
    return value


def text(longest: int) -> Callable[..., str]:
    """The rule of a field of text."""
    return partial(parse_text, longest=longest)


def choice(*words: str) -> Callable[..., str]:
    """The rule of a field that holds one of these words."""
    return partial(parse_choice, among=words)


def within(least: int, most: int) -> Callable[..., int]:
    """The rule of a field that holds an integer of this range."""
    return partial(parse_range, least=least, most=most)


Name = Annotated[str, parse_name]
Detail = Annotated[str, parse_detail]
