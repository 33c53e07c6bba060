"""Providers' health: what each edge reported last, and what they say together."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from dialplane.control.units import Unit
from dialplane.domain.health import HEALTHY, UNHEALTHY, Health
from dialplane.domain.provider import Provider
from dialplane.store import objects, tables
from dialplane.store.prepared import Prepared


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


_IDS = tuple(f"id{n}" for n in range(objects.IDS_AT_ONCE))
_OF_THESE = Prepared(
    select(tables.provider_health).where(tables.provider_health.c.provider_id.in_([bindparam(name) for name in _IDS]))
)


async def _reports(unit: Unit, providers: list[Provider]) -> dict[str, dict[str, Health]]:
    hostnames = {provider.id: provider.hostname for provider in providers}
    ids, found = list(hostnames), dict[str, dict[str, Health]]()
    for start in range(0, len(ids), len(_IDS)):
        some = ids[start : start + len(_IDS)]
        parameters = dict.fromkeys(_IDS, some[0]) | dict(zip(_IDS, some, strict=False))
        for row in await unit.fetch(_OF_THESE, parameters):
            if row.hostname == hostnames[row.provider_id]:
                report = Health(row.status, row.checked_at, row.hostname, row.detail)
                found.setdefault(row.provider_id, {})[row.edge] = report
    return found
