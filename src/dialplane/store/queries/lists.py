"""Lists of objects of which there are not many, narrowed by conditions that no index has."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, not_, or_

from dialplane.domain.accesskey import EXPIRED, EXPIRING, EXPIRING_US, LIVE
from dialplane.domain.customer import ACTIVE, FROZEN
from dialplane.domain.ids import is_beginning_of_id
from dialplane.domain.instants import NEVER
from dialplane.store.objects import Storage

ENABLED, DISABLED = "enabled", "disabled"


class Condition(NamedTuple):
    """A field with the value, one of the values, or the period (a pair of instants) that it must have; or not.

    Fields that no table has: `text`, a part of what an object is searched by; `state`, a word; `changed`.
    """

    name: str
    value: Any
    is_not: bool = False


def where(storage: Storage[Any], conditions: Sequence[Condition], *, now: int) -> list[ColumnElement[bool]]:
    """The conditions in SQL. `now`: the instant of states."""
    met = [(_met(storage, condition.name, condition.value, now), condition.is_not) for condition in conditions]
    return [not_(condition) if is_not else condition for condition, is_not in met]


def _met(storage: Storage[Any], name: str, value: Any, now: int) -> ColumnElement[bool]:
    c = storage.table.c
    if name == "text":
        return _has(storage, value)
    if name == "state":
        return _state(storage, value, now)
    if name == "changed":
        return _within(case((c.tm_update == NEVER, c.tm_create), else_=c.tm_update), value)
    if name.startswith("tm_"):
        return _within(c[name], value)
    return c[name].in_(value) if isinstance(value, tuple) else c[name] == value


def _has(storage: Storage[Any], text: str) -> ColumnElement[bool]:
    """In whatever case; on SQLite of ASCII letters."""
    c = storage.table.c
    found = [func.lower(c[name]).contains(text.lower(), autoescape=True) for name in (*storage.kind.searched, "detail")]
    return or_(*found, c.id.startswith(text.lower(), autoescape=True) if is_beginning_of_id(text) else c.id == text)


def _within(column: ColumnElement[Any], period: tuple[int, int]) -> ColumnElement[bool]:
    return and_(column >= period[0], column < period[1])


def _state(storage: Storage[Any], word: str, now: int) -> ColumnElement[bool]:
    c = storage.table.c
    if word in (ENABLED, DISABLED):
        return c.enabled == int(word == ENABLED)
    if word in (ACTIVE, FROZEN):
        return c.status == word
    periods = {
        EXPIRED: (0, now + 1),
        EXPIRING: (now + 1, now + EXPIRING_US + 1),
        LIVE: (now + EXPIRING_US + 1, NEVER + 1),
    }
    return _within(c.tm_expire, periods[word])
