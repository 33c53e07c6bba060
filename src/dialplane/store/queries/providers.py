"""Providers beyond what all kinds share: the routes that use one, and the reports about one."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import delete, func, literal, select, union_all

from dialplane.store import tables
from dialplane.store.unit import Unit, Writing

_ROUTES, _ATTEMPTS = tables.routes.c, tables.attempts.c


class RoutesInUse(NamedTuple):
    """The ids of the oldest live routes that use a provider, and how many there are in all."""

    ids: list[str]
    total: int


async def routes_in_use(unit: Unit, provider_id: str, *, limit: int) -> RoutesInUse:
    """At most `limit` ids. Raises Unavailable."""
    in_use = (tables.LIVE, _ROUTES.provider_id == provider_id)
    rows = await unit.fetch(select(_ROUTES.id).where(*in_use).order_by(_ROUTES.tm_create).limit(limit))
    if not rows:
        return RoutesInUse([], 0)
    (counted,) = await unit.fetch(select(func.count().label("total")).select_from(tables.routes).where(*in_use))
    return RoutesInUse([row.id for row in rows], counted.total)


class _Counted(NamedTuple):
    provider_id: str
    counted: int


async def routes_counted(unit: Unit, provider_ids: Collection[str], *, most: int) -> dict[str, int]:
    """Provider -> its live routes, at most so many of each. Raises Unavailable."""
    counts = [
        select(
            literal(id_).label("provider_id"),
            select(func.count())
            .select_from(select(_ROUTES.id).where(tables.LIVE, _ROUTES.provider_id == id_).limit(most).subquery())
            .scalar_subquery()
            .label("counted"),
        )
        for id_ in provider_ids
    ]
    rows = await unit.fetch_as(_Counted, union_all(*counts)) if counts else []
    return {row.provider_id: row.counted for row in rows}


async def attempts_placed(unit: Unit, *, since: int, until: int) -> dict[str, int]:
    """Provider -> its attempts with `since` <= tm_placed < `until`, those passed over apart. Raises Unavailable."""
    statement = (
        select(_ATTEMPTS.provider_id, func.count().label("counted"))
        .where(_ATTEMPTS.tm_placed >= since, _ATTEMPTS.tm_placed < until, func.coalesce(_ATTEMPTS.skipped, 0) == 0)
        .group_by(_ATTEMPTS.provider_id)
    )
    return {row.provider_id: row.counted for row in await unit.fetch_as(_Counted, statement)}


async def delete_reports(unit: Writing, provider_id: str) -> None:
    """Deletes all that edges have reported about a provider's health and breakers. Raises Unavailable."""
    for reports in (tables.provider_health, tables.provider_breakers):
        await unit.execute(delete(reports).where(reports.c.provider_id == provider_id))
