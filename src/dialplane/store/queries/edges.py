"""Edges, and how many calls each of them carries."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, case, func, select
from sqlalchemy import delete as delete_from

from dialplane.store import tables
from dialplane.store.queries.calls import IS_OPEN
from dialplane.store.unit import Unit, Writing

_EDGES, _CALLS = tables.edges.c, tables.calls.c


class EdgeRow(NamedTuple):
    """A row of `edges`; None for what the edge has not reported yet. `counters`, `reports`, `certificates` are JSON."""

    name: str
    last_contact: int | None
    tm_polled: int | None
    revision: int | None
    epoch: str | None
    tm_status: int | None
    agent_version: str | None
    kamailio_version: str | None
    kamailio_started: int | None
    max_call_s: int | None
    calls_shed: int | None
    shed_percent: int | None
    events_lost: int | None
    counters: str | None
    reports: str | None
    certificates: str | None
    tm_clock: int | None
    clock_ahead_us: int | None
    tm_create: int


class LastReport(NamedTuple):
    """What an edge reported last, and before, of what it counts."""

    name: str
    tm_status: int | None
    kamailio_started: int | None
    calls_shed: int | None
    counters: str | None
    reports: str | None


class _Name(NamedTuple):
    name: str


class _CallsOfEdge(NamedTuple):
    edge: str
    calls: int


_NEWEST_FIRST = select(*(_EDGES[name] for name in EdgeRow._fields)).order_by(_EDGES.tm_create.desc())


_DELETE = (
    delete_from(tables.edges).where(_EDGES.name == bindparam("name_")),
    delete_from(tables.provider_health).where(tables.provider_health.c.edge == bindparam("name_")),
    delete_from(tables.provider_breakers).where(tables.provider_breakers.c.edge == bindparam("name_")),
)


async def find(unit: Unit, name: str) -> EdgeRow | None:
    """The edge of this name. Raises Unavailable."""
    found = await unit.fetch_as(EdgeRow, _NEWEST_FIRST.where(_EDGES.name == name))
    return found[0] if found else None


async def of_names(unit: Unit, names: Collection[str]) -> list[EdgeRow]:
    """The edges of these names. Raises Unavailable."""
    return await unit.fetch_as(EdgeRow, _NEWEST_FIRST.where(_EDGES.name.in_(names)))


class Refusals(NamedTuple):
    """An edge's last report of refused sources: the instant, and a JSON list; None before its first report."""

    tm_refusals: int | None
    refusals: str | None


async def refusals(unit: Unit, name: str) -> Refusals | None:
    """The last report of the edge of this name, None if there is no such edge. Raises Unavailable."""
    columns = select(_EDGES.tm_refusals, _EDGES.refusals)
    found = await unit.fetch_as(Refusals, columns.where(_EDGES.name == name))
    return found[0] if found else None


_LAST_REPORTS = select(*(_EDGES[name] for name in LastReport._fields))


async def last_reports(unit: Writing, names: Collection[str]) -> list[LastReport]:
    """Those of the edges of these names, which nobody else changes before this unit's end. Raises Unavailable."""
    some = _LAST_REPORTS.where(_EDGES.name.in_(names)).order_by(_EDGES.name)
    return await unit.fetch_as(LastReport, some.with_for_update())


async def longest_known(unit: Unit, *, heard_since: int, limit: int) -> list[EdgeRow]:
    """Those that were heard since then before the others; of each, those that are known for longest first.

    Raises Unavailable.
    """
    is_heard = case((_EDGES.last_contact >= heard_since, 0), else_=1)
    columns = [_EDGES[name] for name in EdgeRow._fields]
    return await unit.fetch_as(EdgeRow, select(*columns).order_by(is_heard, _EDGES.tm_create).limit(limit))


async def known(unit: Unit, names: Collection[str]) -> set[str]:
    """Those of these names that are in the table, or that a live access key is bound to. Raises Unavailable."""
    rows = select(_EDGES.name).where(_EDGES.name.in_(names))
    keys = select(tables.accesskeys.c.edge).where(tables.LIVE, tables.accesskeys.c.edge.in_(names))
    return {row.name for row in await unit.fetch_as(_Name, rows.union(keys))}


async def count(unit: Unit) -> int:
    """How many there are. Raises Unavailable."""
    return int((await unit.fetch(select(func.count()).select_from(tables.edges)))[0][0])


async def delete(unit: Writing, name: str) -> None:
    """Deletes the edge and its reports about providers. Raises Unavailable."""
    for statement in _DELETE:
        await unit.execute(statement, [{"name_": name}], short=True)


async def page(unit: Unit, *, page_size: int, before: int | None) -> list[EdgeRow]:
    """The newest first; `before` is the tm_create of the last one of the page before. Raises Unavailable."""
    where = [_EDGES.tm_create < before] if before is not None else []
    return await unit.fetch_as(EdgeRow, _NEWEST_FIRST.where(*where).limit(page_size))


async def calls_in_progress(unit: Unit, names: Collection[str]) -> dict[str, int]:
    """Edge -> its open calls. Raises Unavailable."""
    return await _calls_of(unit, [IS_OPEN, _CALLS.edge.in_(names)])


async def calls_started(unit: Unit, *, since: int, until: int) -> dict[str, int]:
    """Edge -> its calls with `since` <= tm_start < `until`. Raises Unavailable."""
    return await _calls_of(unit, [_CALLS.tm_start >= since, _CALLS.tm_start < until])


async def _calls_of(unit: Unit, where: Sequence[ColumnElement[Any]]) -> dict[str, int]:
    """Edge -> how many of its calls meet the conditions, which an index must bound."""
    counted = select(_CALLS.edge, func.count().label("calls")).where(*where).group_by(_CALLS.edge)
    return {row.edge: row.calls for row in await unit.fetch_as(_CallsOfEdge, counted)}
