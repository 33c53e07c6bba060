"""Providers beyond what all kinds share: the routes that use one, and the reports about one."""

from typing import NamedTuple

from sqlalchemy import delete, func, select

from dialplane.store import tables
from dialplane.store.unit import Unit, Writing

_ROUTES = tables.routes.c


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


async def delete_reports(unit: Writing, provider_id: str) -> None:
    """Deletes all that edges have reported about a provider's health and breakers. Raises Unavailable."""
    for reports in (tables.provider_health, tables.provider_breakers):
        await unit.execute(delete(reports).where(reports.c.provider_id == provider_id))
