"""Providers' health: what each edge reported last, and what they say together."""

from collections.abc import Iterable

from sqlalchemy import select

from dialplane.control.units import Unit
from dialplane.domain.health import HEALTHY, UNHEALTHY, Health
from dialplane.domain.provider import Provider
from dialplane.store import tables

IDS_AT_ONCE = 500
"""Ids in one statement: well below the variables SQLite allows."""


async def of_providers(unit: Unit, providers: Iterable[Provider]) -> dict[str, Health]:
    """Each provider's id -> its health over all edges: healthy where any edge reaches it, unhealthy where none does.

    Reports about another hostname than the provider's present one do not count.
    """
    wanted = list(providers)
    reports = await _reports(unit, wanted)
    return {provider.id: together(reports.get(provider.id, {}).values()) for provider in wanted}


async def by_edge(unit: Unit, provider: Provider) -> dict[str, Health]:
    """Edge name -> what that edge reported last of the provider's present hostname."""
    return (await _reports(unit, [provider])).get(provider.id, {})


def together(reports: Iterable[Health]) -> Health:
    """One health out of those of several edges: the best one that any of them sees, at its latest report."""
    rank = {HEALTHY: 2, UNHEALTHY: 1}
    return max(reports, key=lambda health: (rank.get(health.status, 0), health.checked_at or 0), default=Health())


async def _reports(unit: Unit, providers: list[Provider]) -> dict[str, dict[str, Health]]:
    hostnames = {provider.id: provider.hostname for provider in providers}
    ids, found = list(hostnames), dict[str, dict[str, Health]]()
    for start in range(0, len(ids), IDS_AT_ONCE):
        health = tables.provider_health
        for row in await unit.fetch(
            select(health).where(health.c.provider_id.in_(ids[start : start + IDS_AT_ONCE])).order_by(health.c.edge)
        ):
            if row.hostname == hostnames[row.provider_id]:
                report = Health(row.status, row.checked_at, row.hostname, row.detail)
                found.setdefault(row.provider_id, {})[row.edge] = report
    return found
