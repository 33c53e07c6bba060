"""Revisions and the object changes in them, which are documents in JSON with encrypted secrets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, not_, or_, select

from dialplane.domain.filter import Name
from dialplane.store import tables
from dialplane.store.objects import STORAGES
from dialplane.store.queries.lists import Condition
from dialplane.store.unit import Unit

_REVISIONS, _CHANGES = tables.revisions.c, tables.revision_changes.c


class RevisionRow(NamedTuple):
    """A row of `revisions`."""

    number: int
    instant: int
    actor_kind: str
    actor_id: str
    actor_name: str
    operation: str
    source_ip: str
    request_id: str
    change_count: int


class ChangeRow(NamedTuple):
    """One change of one object. `seq` counts from 0 within the revision."""

    seq: int
    kind: str
    object_id: str
    before: str | None
    after: str | None


class ChangedObject(NamedTuple):
    """An object, and the number of the revision that changed it last."""

    kind: str
    id: str
    revision: int


_REVISION_COLUMNS = [_REVISIONS[name] for name in RevisionRow._fields]
_BY_NUMBER = select(*_REVISION_COLUMNS).where(_REVISIONS.number == bindparam("number_"))
_CHANGES_AFTER = (
    select(*(_CHANGES[name] for name in ChangeRow._fields))
    .where(_CHANGES.revision == bindparam("number_"), _CHANGES.seq > bindparam("after_"))
    .order_by(_CHANGES.seq)
    .limit(bindparam("limit_"))
)


async def find(unit: Unit, number: int) -> RevisionRow | None:
    """The revision of this number. Raises Unavailable."""
    found = await unit.fetch_as(RevisionRow, _BY_NUMBER, {"number_": number}, short=True)
    return found[0] if found else None


async def after(unit: Unit, number: int, *, limit: int) -> list[RevisionRow]:
    """The revisions after this one, the first of them first. Raises Unavailable."""
    later = select(*_REVISION_COLUMNS).where(_REVISIONS.number > number).order_by(_REVISIONS.number)
    return await unit.fetch_as(RevisionRow, later.limit(limit))


async def page(
    unit: Unit,
    *,
    page_size: int,
    before: int | None = None,
    object_id: str | None = None,
    kind: str | None = None,
    actor_id: str | None = None,
    since: int | None = None,
    until: int | None = None,
    also: Sequence[Condition] = (),
) -> list[RevisionRow]:
    """Newest first; `before` is the instant of the last one of the page before. `since` <= instant < `until`.

    Filters that are None do not count. Raises Unavailable.
    """
    where: list[ColumnElement[bool]] = []
    if before is not None:
        where.append(_REVISIONS.instant < before)
    if actor_id is not None:
        where.append(_REVISIONS.actor_id == actor_id)
    if since is not None:
        where.append(_REVISIONS.instant >= since)
    if until is not None:
        where.append(_REVISIONS.instant < until)
    if object_id is not None:
        where.append(_REVISIONS.number.in_(select(_CHANGES.revision).where(_CHANGES.object_id == object_id)))
    if kind is not None:
        where.append(_changed(kind))
    where += [not_(_met(one)) if one.is_not else _met(one) for one in also]
    newest_first = select(*_REVISION_COLUMNS).where(*where).order_by(_REVISIONS.instant.desc())
    return await unit.fetch_as(RevisionRow, newest_first.limit(page_size))


def _changed(kind: str) -> ColumnElement[bool]:
    return exists().where(_CHANGES.revision == _REVISIONS.number, _CHANGES.kind == kind)


def _called(name: Name) -> ColumnElement[bool]:
    actor, text = func.lower(_REVISIONS.actor_name), name.text.lower()
    return actor.startswith(text, autoescape=True) if name.begins else actor == text


def _has(text: str) -> ColumnElement[bool]:
    columns = (_REVISIONS.actor_name, _REVISIONS.source_ip, _REVISIONS.operation)
    return or_(*(func.lower(column).contains(text.lower(), autoescape=True) for column in columns))


_ALSO: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "text": _has,
    "actors": lambda names: or_(*map(_called, names)),
    "kind": _changed,
    "operation": lambda operation: _REVISIONS.operation == operation,
    "objects": lambda span: _REVISIONS.change_count.between(*span),
    "made": lambda period: and_(_REVISIONS.instant >= period[0], _REVISIONS.instant < period[1]),
}
"""Name of a condition -> what it is in SQL."""


def _met(condition: Condition) -> ColumnElement[bool]:
    return _ALSO[condition.name](condition.value)


async def has_contents(unit: Unit, number: int) -> bool:
    """Whether all that the revision changed is still kept: the first change is deleted first. Raises Unavailable."""
    return bool(await unit.fetch_as(ChangeRow, _CHANGES_AFTER, {"number_": number, "after_": -1, "limit_": 1}))


async def changes(unit: Unit, number: int, *, after_seq: int, limit: int) -> list[ChangeRow]:
    """The revision's changes after `after_seq`, in order, at most `limit`. Raises Unavailable."""
    parameters = {"number_": number, "after_": after_seq, "limit_": limit}
    return await unit.fetch_as(ChangeRow, _CHANGES_AFTER, parameters)


class Extent(NamedTuple):
    """How many revisions, and how many objects they changed, one counted for each of them."""

    revisions: int
    changes: int


async def extent(unit: Unit, after: int, until: int) -> Extent:
    """That of the revisions after one, until another. Raises Unavailable."""
    sums = select(
        func.count().label("revisions"), func.coalesce(func.sum(_REVISIONS.change_count), 0).label("changes")
    ).where(_REVISIONS.number > after, _REVISIONS.number <= until)
    (found,) = await unit.fetch_as(Extent, sums)
    return Extent(found.revisions, int(found.changes))


async def changes_between(unit: Unit, after: int, until: int, *, limit: int) -> list[ChangeRow]:
    """What the revisions after one, until another, changed, in order. Raises Unavailable."""
    between = select(*(_CHANGES[name] for name in ChangeRow._fields)).where(
        _CHANGES.revision > after, _CHANGES.revision <= until
    )
    return await unit.fetch_as(ChangeRow, between.order_by(_CHANGES.revision, _CHANGES.seq).limit(limit))


async def changed_since(unit: Unit, number: int, *, limit: int) -> list[ChangedObject]:
    """Objects of the revision that another revision has changed last, at most `limit`. Raises Unavailable."""
    changed: list[ChangedObject] = []
    for storage in STORAGES.values():
        touched = select(_CHANGES.object_id).where(_CHANGES.revision == number, _CHANGES.kind == storage.kind.name)
        columns = storage.table.c
        since = select(columns.id, columns.revision).where(columns.id.in_(touched), columns.revision != number)
        changed += [
            ChangedObject(storage.kind.name, row.id, row.revision) for row in await unit.fetch(since.limit(limit))
        ]
    return changed[:limit]
