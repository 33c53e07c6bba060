"""Objects and calls by a piece of text: a name, a host, a number, the beginning of an id, a Call-ID."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select

from dialplane.domain.filter import Name
from dialplane.domain.ids import FIRST_OF_ID, is_beginning_of_id
from dialplane.store import tables
from dialplane.store.objects import Storage
from dialplane.store.unit import Unit
from dialplane.store.written import first

_CALLS = tables.calls.c


class Hit(NamedTuple):
    """An object that was found. `name`: what people know it by; `text`: the field in which it was found."""

    kind: str
    id: str
    name: str
    text: str


class CallHit(NamedTuple):
    """A call that was found."""

    id: str
    number: str | None
    source: str | None
    sip_call_id: str | None


async def objects_with(
    unit: Unit, storage: Storage[Any], text: str, *, customer_id: str | None, limit: int
) -> list[Hit]:
    """Live objects of a kind that has not many, with this text in a searched field, or at the beginning of the id.

    Those in which a field begins so come first. `customer_id`: only this customer's. Raises Unavailable.
    """
    kind, c = storage.kind, storage.table.c
    names = tuple(dict.fromkeys((*kind.labels, *kind.searched)))
    pattern = f"%{_pattern(text)}%"
    may_have_it: list[ColumnElement[bool]] = [func.lower(c[name]).like(pattern, escape="\\") for name in kind.searched]
    if is_beginning_of_id(text):
        may_have_it.append(_id_begins(c.id, text))
    where: list[Any] = [tables.LIVE, or_(*may_have_it)]
    if customer_id is not None:
        where.append(c[kind.owner or "id"] == customer_id)
    rows = await unit.fetch(select(c.id, *(c[name] for name in names)).where(*where))
    found = [(row, value) for row in rows if (value := _found_in(row, kind.searched, text))]
    found.sort(key=lambda one: (not _begins(one[0], kind.searched, text), str(one[0][1]), one[0].id))
    return [Hit(kind.name, row.id, kind.label_of(row), value) for row, value in found[:limit]]


async def ids_called(unit: Unit, storage: Storage[Any], name: Name, *, customer_id: str | None) -> list[str]:
    """Ids of the live objects of which a label, in whatever case, or the id is this name, or begins so.

    `customer_id`: only this customer's. Raises Unavailable.
    """
    kind, c = storage.kind, storage.table.c
    pattern = _pattern(name.text) + ("%" if name.begins else "")
    may_be: list[ColumnElement[bool]] = [func.lower(c[label]).like(pattern, escape="\\") for label in kind.labels]
    where: list[Any] = [tables.LIVE, or_(c.id == name.text.lower(), *may_be)]
    if customer_id is not None:
        where.append(c[kind.owner or "id"] == customer_id)
    rows = await unit.fetch(select(c.id, *(c[label] for label in kind.labels)).where(*where))
    return [row.id for row in rows if any(name.means(str(value)) for value in row)]


async def nearest_name(unit: Unit, storage: Storage[Any], text: str, *, customer_id: str | None, among: int) -> str:
    """The name most like this text, in whatever case, of so many live objects of a kind; "" if none is like it.

    Compared in the thread that reads: a thousand long names take a tenth of a second. Raises Unavailable.
    """
    kind, c = storage.kind, storage.table.c
    where: list[Any] = [tables.LIVE]
    if customer_id is not None:
        where.append(c[kind.owner or "id"] == customer_id)
    statement = select(c.id, *(c[name] for name in kind.labels)).where(*where).limit(among)

    def compare(connection: Connection) -> str:
        names = [kind.label_of(row) for row in connection.execute(statement)]
        by_lower = {name.lower(): name for name in names}
        return next((by_lower[lower] for lower in get_close_matches(text.lower(), by_lower, n=1)), "")

    return await unit.run(compare)


def _pattern(text: str) -> str:
    """What databases compare in the same way: letters beyond ASCII, of whose case some know nothing, stand for any."""
    return re.sub(r"[^\x00-\x7f]", "_", re.sub(r"([\\%_])", r"\\\1", text.lower()))


def _found_in(row: Any, names: Sequence[str], text: str) -> str:
    """The field of a row that has the text, or else the id; "" if none has it."""
    texts = (str(getattr(row, name)) for name in (*names, "id"))
    return next((value for value in texts if text.lower() in value.lower()), "")


def _begins(row: Any, names: Sequence[str], text: str) -> bool:
    return any(str(getattr(row, name)).lower().startswith(text.lower()) for name in names)


async def calls_with(unit: Unit, text: str, *, customer_id: str | None, limit: int) -> list[CallHit]:
    """Calls to exactly this number, from it, with this Call-ID, or whose id begins so; the newest first of each.

    Raises Unavailable.
    """
    columns = [_CALLS[name] for name in CallHit._fields]
    found: dict[str, CallHit] = {}
    for condition in _conditions(text):
        where = [condition, *([] if customer_id is None else [_CALLS.customer_id == customer_id])]
        statement = select(*columns).where(*where).order_by(_CALLS.tm_create.desc())
        found.update((hit.id, hit) for hit in await unit.fetch_as(CallHit, first(statement, limit)))
    return list(found.values())[:limit]


def _conditions(text: str) -> list[ColumnElement[bool]]:
    """Each has an index."""
    if is_beginning_of_id(text):
        return [_id_begins(_CALLS.id, text), _CALLS.sip_call_id == text]
    digits = text.removeprefix("+")
    numbers = [_CALLS.number == f"+{digits}"] if digits.isdecimal() and len(digits) >= FIRST_OF_ID else []
    return [*numbers, _CALLS.source == text, _CALLS.sip_call_id == text]


def _id_begins(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    return column.between(text.lower(), f"{text.lower()}g")
