"""A filter as people type it: terms in any order, all of which must hold.

    provider:bics -customer:acme target:+44* priority:<3 is:disabled updated:<7d

A term is a word, a colon and a value, or a piece of text alone; a minus before it means all that is not so. What has
blanks stands in double quotes, of which "" is one within them. Which words there are is a table for each list; this
file has the grammar, and the rules of values that tables are made of.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

from dialplane.domain.errors import InvalidValue
from dialplane.domain.instants import DAY_US, MINUTE_US, NEVER, parse_rfc3339
from dialplane.domain.target import ALL, is_number, parse_number

FIELD = "filter"
MAX_FILTER = 512
MOST_TERMS = 32

TERM = r'(-?)(?:([a-z]+):)?((?:"(?:[^"]|"")*"|[^\s"])*)'
"""A term: its minus, its word, its value. The same expression reads it in Python and in JavaScript."""

PLAIN = r"[^\s\",*:-][^\s\",*:]*"
"""A text that is a value without quotation marks."""

_PLAIN = re.compile(PLAIN)
_PIECE = re.compile(r'(?:"(?:[^"]|"")*"|[^",])+')
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_RANGE = re.compile(r"(?P<sign><=|>=|<|>)?(?P<least>[0-9]{1,10})(?:\.\.(?P<most>[0-9]{1,10}))?")
_AGE = re.compile(r"(?P<sign>[<>])(?P<number>[0-9]{1,5})(?P<unit>[mhdw])")
_PERIOD = re.compile(r"(?P<sign>>=|<)?(?P<first>[0-9T:-]{10,19})Z?(?:\.\.(?P<last>[0-9T:-]{10,19})Z?)?")
_MIDNIGHT = "0000-00-00T00:00:00"
_UNITS_US = {"m": MINUTE_US, "h": 60 * MINUTE_US, "d": DAY_US, "w": 7 * DAY_US}


class Name(NamedTuple):
    """What people call an object, or its id; `begins`: only the beginning of it."""

    text: str
    begins: bool = False

    def means(self, text: str) -> bool:
        """Whether it is this text, or its beginning, in whatever case."""
        own, other = self.text.lower(), text.lower()
        return other.startswith(own) if self.begins else other == own


class Age(NamedTuple):
    """How long ago something was, in us; at most so long (`newer`), or longer."""

    newer: bool
    us: int

    def period(self, now: int) -> tuple[int, int]:
        """From which instant on it was, and before which one."""
        return (now - self.us, NEVER) if self.newer else (0, now - self.us)

    def coming(self, now: int) -> tuple[int, int]:
        """The same of what lies ahead: `<7d` is within the next seven days."""
        return (now, now + self.us) if self.newer else (now + self.us, NEVER)


class Period(NamedTuple):
    """From an instant (us) on, and before another."""

    first: int
    until: int

    def period(self, _now: int) -> tuple[int, int]:
        """The same whenever it is asked."""
        return self.first, self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a list's filters. `parse`: text -> value; raises InvalidValue with the rule that the value breaks.

    `says`: which objects fit, after "only those". `values`: some of its values, or all that there are. `kind`: whose
    names its values are, if they are.
    """

    name: str
    parse: Callable[[str], Any]
    says: str
    values: Sequence[str] = ()
    kind: str = ""


class Term(NamedTuple):
    """A term that was typed: the name of its word ("": text alone), the value, and whether a minus is before it."""

    word: str
    value: Any
    is_not: bool


def parse_filter(text: str, words: Sequence[Word]) -> Sequence[Term]:
    """The terms of a filter. Raises InvalidValue, which names a term by its number and repeats nothing of it."""
    if len(text) > MAX_FILTER:
        raise InvalidValue(FIELD, "too_long", f"must have at most {MAX_FILTER} characters")
    if text.count('"') % 2:
        raise InvalidValue(FIELD, "open_quote", "has a quotation mark that is not closed")
    typed = [found for found in re.finditer(TERM, text) if found[0]]
    if len(typed) > MOST_TERMS:
        raise InvalidValue(FIELD, "too_many", f"must have at most {MOST_TERMS} terms")
    by_name = {word.name: word for word in words}
    return [_term(number, by_name, *found.groups()) for number, found in enumerate(typed, 1)]


def refused(number: int, code: str, rule: str) -> InvalidValue:
    """The error for the term of this number."""
    return InvalidValue(FIELD, code, f"term {number} {rule}")


def _term(number: int, words: Mapping[str, Word], minus: str, name: str | None, value: str) -> Term:
    if not unquoted(value):
        raise refused(number, "required", "must have a value")
    if name is None:
        return Term("", unquoted(value), bool(minus))
    if name not in words:
        raise refused(number, "unknown_word", f"must be text or have a word that is known: {_known(name, words)}")
    try:
        return Term(name, words[name].parse(value), bool(minus))
    except InvalidValue as error:
        raise refused(number, error.code, f"{error.message} after `{name}:`") from None


def _known(name: str, words: Collection[str]) -> str:
    near = get_close_matches(name, words, n=1)
    return f"`{near[0]}:` is near it" if near else ", ".join(f"`{word}:`" for word in words)


def unquoted(value: str) -> str:
    """The value without the quotation marks around any part of it."""
    return _QUOTED.sub(lambda quoted: quoted[1].replace('""', '"'), value)


def quoted(text: str) -> str:
    """The text as a value that means just it."""
    return text if _PLAIN.fullmatch(text) else '"' + text.replace('"', '""') + '"'


def names(value: str) -> Sequence[Name]:
    """One name or several, with commas between; `*` at the end of one for all that begin so."""
    found = [_name(piece) for piece in _PIECE.findall(value)]
    if not found or not all(name.text for name in found):
        raise InvalidValue(FIELD, "required", "must be a name, or several with commas between")
    return found


def _name(piece: str) -> Name:
    begins = piece.endswith("*")
    return Name(unquoted(piece.removesuffix("*") if begins else piece), begins)


def target(value: str) -> str:
    """`all`, a target, or the beginning of targets with `*` after it."""
    if not is_number(value.removesuffix("*")) and value != ALL:
        raise InvalidValue(FIELD, "invalid_target", "must be like +44, +44* (all that begin so) or all")
    return value


def number(value: str) -> str:
    """A number."""
    return parse_number(value, field=FIELD)


def span(least: int, most: int) -> Callable[[str], tuple[int, int]]:
    """The rule of integers from `least` to `most`: one of them, `<3`, `<=3`, `>3`, `>=3`, or `2..4`."""

    def parse(value: str) -> tuple[int, int]:
        found = _RANGE.fullmatch(value)
        if found is None or (found["sign"] and found["most"]):
            raise InvalidValue(FIELD, "invalid_range", "must be like 3, <3, <=3, >3, >=3 or 2..4")
        first, last = int(found["least"]), int(found["most"] or found["least"])
        low, high = {"<": (least, first - 1), "<=": (least, first), ">": (first + 1, most), ">=": (first, most)}.get(
            found["sign"], (first, last)
        )
        return max(low, least), min(high, most)

    return parse


def age(value: str) -> Age:
    """How long ago: `<7d` for at most seven days, `>7d` for longer; in minutes, hours, days or weeks."""
    found = _AGE.fullmatch(value)
    if found is None:
        raise InvalidValue(FIELD, "invalid_age", "must be like <7d (at most seven days ago) or >12h, in m, h, d or w")
    return Age(found["sign"] == "<", int(found["number"]) * _UNITS_US[found["unit"]])


def past(value: str) -> Age | Period:
    """How long ago, or when (UTC): `2026-03-01..2026-03-02T12:30`, `>=2026-03-01`, `<2026-03-01T08:00`."""
    return age(value) if _AGE.fullmatch(value) else _period(value)


def _period(value: str) -> Period:
    found = _PERIOD.fullmatch(value)
    if found is None or bool(found["sign"]) == bool(found["last"]):
        raise _no_period()
    first = _time(found["first"])
    if found["last"]:
        return Period(first, _time(found["last"]))
    return Period(0, first) if found["sign"] == "<" else Period(first, NEVER)


def _time(text: str) -> int:
    """A day, or a time of one, with or without seconds."""
    try:
        return parse_rfc3339(text + _MIDNIGHT[len(text) :] + "Z")
    except InvalidValue:
        raise _no_period() from None


def _no_period() -> InvalidValue:
    rule = "must be like <7d (at most seven days ago), >12h, or in UTC >=2026-03-01 or 2026-03-01T08:00..2026-03-02"
    return InvalidValue(FIELD, "invalid_time", rule)
