"""What goes on now, by the groupings of statistics, counted from the open calls: they have an index of their own."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, select

from dialplane.domain.rollups import CUSTOMERS, EDGES, OF_CALLS, PROVIDERS, ROUTES, TARGETS, TRUNKS
from dialplane.store import tables
from dialplane.store.queries.calls import IS_OPEN
from dialplane.store.queries.rollups import Selection
from dialplane.store.unit import Unit

_CALLS, _ATTEMPTS = tables.calls.c, tables.attempts.c
_KEYS: Mapping[str, ColumnElement[Any]] = {
    PROVIDERS: _ATTEMPTS.provider_id,
    ROUTES: _ATTEMPTS.route_id,
    TARGETS: _ATTEMPTS.target,
    CUSTOMERS: _CALLS.customer_id,
    TRUNKS: _CALLS.trunk_id,
    EDGES: _CALLS.edge,
}


class _Channels(NamedTuple):
    key: str
    channels: int


async def channels(unit: Unit, selection: Selection) -> dict[str, int]:
    """Key -> calls, or attempts of calls, that go on now; empty by SIP status. Raises Unavailable."""
    if selection.grouped_by not in _KEYS:
        return {}
    counted = _of_calls(selection) if selection.grouped_by in OF_CALLS else _of_attempts(selection)
    return {row.key: row.channels for row in await unit.fetch_as(_Channels, counted) if row.channels}


def _of_calls(selection: Selection) -> Select[Any]:
    key = _KEYS[selection.grouped_by]
    counted = select(key.label("key"), func.count().label("channels")).where(IS_OPEN, _plain(key) != "")
    if selection.customer_id is not None:
        counted = counted.where(_plain(_CALLS.customer_id) == selection.customer_id)
    if selection.edge is not None:
        counted = counted.where(_plain(_CALLS.edge) == selection.edge)
    if selection.provider_id is not None:
        tried = exists().where(_ATTEMPTS.call_id == _CALLS.id, _plain(_ATTEMPTS.provider_id) == selection.provider_id)
        counted = counted.where(tried)
    return counted.group_by(key)


def _of_attempts(selection: Selection) -> Select[Any]:
    """What is asked of attempts is a condition of what is counted, not of what is read.

    PostgreSQL would take it for rare in tables that are too young to have statistics, and compare each attempt of the
    day with each open call: 2.2 s for 17,000 calls of which 840 go on, and 0.03 s so (measured).
    """
    key = _KEYS[selection.grouped_by]
    counted = [_ATTEMPTS.skipped == 0, _ATTEMPTS.tm_ended.is_(None), key != ""]
    if selection.provider_id is not None:
        counted.append(_ATTEMPTS.provider_id == selection.provider_id)
    open_calls = [IS_OPEN]
    if selection.customer_id is not None:
        open_calls.append(_plain(_CALLS.customer_id) == selection.customer_id)
    return (
        select(key.label("key"), func.count().filter(*counted).label("channels"))
        .select_from(tables.attempts.join(tables.calls, _CALLS.id == _ATTEMPTS.call_id))
        .where(*open_calls)
        .group_by(key)
    )


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column in a form that no index has: those hold the calls of years, and planners would prefer them."""
    return func.coalesce(column, "")
