"""Channels in use, counted from the records of calls that go on."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, and_, func, select, union

from dialplane.store import tables
from dialplane.store.unit import Unit

_CALLS, _ATTEMPTS = tables.calls.c, tables.attempts.c
_IS_OPEN = and_(_CALLS.tm_ended.is_(None), _CALLS.tm_lost.is_(None))
_PROVIDER = func.coalesce(_ATTEMPTS.provider_id, "")
"""So that no planner takes the index of a provider's attempts, which holds those of years; the open calls are few."""
_IS_UNDER_WAY = and_(_ATTEMPTS.tm_placed.is_not(None), _ATTEMPTS.skipped == 0, _ATTEMPTS.tm_ended.is_(None))


async def of_providers(unit: Unit, provider_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """The channels of these providers in use, by provider and edge: open calls with an attempt there under way."""
    rows = await unit.fetch(in_use(provider_ids))
    return {(row.provider_id, row.edge): row.channels for row in rows}


def in_use(provider_ids: Collection[str]) -> Select[Any]:
    """Columns provider_id, edge and channels, bounded by the index of open calls."""
    return (
        select(_PROVIDER.label("provider_id"), _CALLS.edge, func.count(_CALLS.id.distinct()).label("channels"))
        .select_from(tables.calls.join(tables.attempts, _ATTEMPTS.call_id == _CALLS.id))
        .where(_IS_OPEN, _IS_UNDER_WAY, _PROVIDER.in_(list(provider_ids)))
        .group_by(_PROVIDER, _CALLS.edge)
    )


async def edges_with_calls(unit: Unit, *, since: int) -> set[str]:
    """The edges on which a call goes on, or has begun since this instant."""
    edges = union(select(_CALLS.edge).where(_IS_OPEN), select(_CALLS.edge).where(_CALLS.tm_start >= since))
    return {row.edge for row in await unit.fetch(edges)}
