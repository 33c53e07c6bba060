"""Channels in use, counted from the records of calls that go on."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import func, select, union

from dialplane.store import tables
from dialplane.store.queries.calls import IS_OPEN
from dialplane.store.unit import Unit

_CALLS, _ATTEMPTS = tables.calls.c, tables.attempts.c
_PROVIDER = func.coalesce(_ATTEMPTS.provider_id, "")
"""So that no planner takes the index of a provider's attempts, which holds those of years; the open calls are few."""


class _Channels(NamedTuple):
    provider_id: str
    edge: str
    channels: int


class _Edge(NamedTuple):
    edge: str


async def of_providers(unit: Unit, provider_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """The channels of these providers in use, by provider and edge: open calls with an attempt there under way.

    Reads open calls only; conditions of attempts are of what is counted, as in queries/stats.py. Raises Unavailable.
    """
    is_under_way = (_ATTEMPTS.tm_placed.is_not(None), _ATTEMPTS.skipped == 0, _ATTEMPTS.tm_ended.is_(None))
    counted = func.count(_CALLS.id.distinct()).filter(*is_under_way, _PROVIDER.in_(list(provider_ids)))
    statement = (
        select(_PROVIDER.label("provider_id"), _CALLS.edge, counted.label("channels"))
        .select_from(tables.calls.join(tables.attempts, _ATTEMPTS.call_id == _CALLS.id))
        .where(IS_OPEN)
        .group_by(_PROVIDER, _CALLS.edge)
    )
    rows = await unit.fetch_as(_Channels, statement)
    return {(row.provider_id, row.edge): row.channels for row in rows if row.channels}


async def edges_with_calls(unit: Unit, *, since: int) -> set[str]:
    """The edges on which a call goes on, or has begun since this instant. Raises Unavailable."""
    edges = union(select(_CALLS.edge).where(IS_OPEN), select(_CALLS.edge).where(_CALLS.tm_start >= since))
    return {row.edge for row in await unit.fetch_as(_Edge, edges)}
