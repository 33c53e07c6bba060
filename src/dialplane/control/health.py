"""Providers' health: what each edge reported last, and what they say together."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, select

from dialplane.control.units import Unit
from dialplane.domain.health import HEALTHY, UNHEALTHY, Breaker, Health
from dialplane.domain.instants import NEVER
from dialplane.domain.provider import Provider
from dialplane.store import objects, tables
from dialplane.store.prepared import Prepared

FORGOTTEN_AFTER_US = 300_000_000
"""Edges report each provider's health about once a minute. A report this much older than the newest one is of an edge
that is no more, or hears nobody: it says nothing of the provider as it is."""


@dataclass(frozen=True, slots=True)
class EdgeView:
    """What one edge knows of a provider: from its probes, and from its calls."""

    provider_id: str
    edge: str
    health: Health
    breaker: Breaker


async def of_providers(unit: Unit, providers: Iterable[Provider]) -> dict[str, Health]:
    """Each provider's id -> its health over all edges: healthy where any edge reaches it, unhealthy where none does.

    Reports about another hostname than the provider's present one do not count.
    """
    wanted = list(providers)
    known: dict[str, Health] = (await unit.standing()).setdefault(of_providers, {})
    if missing := [provider for provider in wanted if provider.id not in known]:
        reports = await _reports(unit, missing)
        known.update((provider.id, together(reports.get(provider.id, {}).values())) for provider in missing)
    return known


async def by_edge(unit: Unit, provider: Provider) -> dict[str, Health]:
    """Edge name -> what that edge reported last of the provider's present hostname."""
    return (await _reports(unit, [provider])).get(provider.id, {})


async def views(unit: Unit, provider: Provider) -> list[EdgeView]:
    """Every edge's view of the provider's present hostname, by the edge's name."""
    known = await by_edge(unit, provider)
    breakers, edges = tables.provider_breakers, tables.edges
    rows = await unit.fetch(
        select(breakers.c.edge, *_BREAKER)
        .select_from(breakers.outerjoin(edges, edges.c.name == breakers.c.edge))
        .where(breakers.c.provider_id == provider.id, breakers.c.hostname == provider.hostname)
    )
    tripped = {row.edge: _breaker(row) for row in rows}
    return [
        EdgeView(provider.id, edge, known.get(edge, Health()), tripped.get(edge, Breaker()))
        for edge in sorted(known.keys() | tripped.keys())
    ]


async def all_views(unit: Unit, *, limit: int) -> list[EdgeView]:
    """Every edge's view of every live provider that it has probed, at most `limit` of them."""
    providers, reports = tables.providers, tables.provider_health
    breakers, edges = tables.provider_breakers, tables.edges
    probed = providers.join(
        reports, and_(reports.c.provider_id == providers.c.id, reports.c.hostname == providers.c.hostname)
    )
    its_breaker = and_(
        breakers.c.provider_id == reports.c.provider_id,
        breakers.c.edge == reports.c.edge,
        breakers.c.hostname == reports.c.hostname,
    )
    rows = await unit.fetch(
        select(reports, *_BREAKER)
        .select_from(probed.outerjoin(breakers, its_breaker).outerjoin(edges, edges.c.name == reports.c.edge))
        .where(providers.c.tm_delete == NEVER)
        .order_by(reports.c.provider_id, reports.c.edge)
        .limit(limit)
    )
    return [
        EdgeView(
            row.provider_id,
            row.edge,
            Health(row.status, row.checked_at, row.hostname, row.detail),
            _breaker(row),
        )
        for row in rows
    ]


def together(reports: Iterable[Health]) -> Health:
    """One health out of those of several edges: the best one that any of them sees, at its latest report."""
    told = list(reports)
    newest = max((health.checked_at or 0 for health in told), default=0)
    fresh = (health for health in told if (health.checked_at or 0) >= newest - FORGOTTEN_AFTER_US)
    rank = {HEALTHY: 2, UNHEALTHY: 1}
    return max(fresh, key=lambda health: (rank.get(health.status, 0), health.checked_at or 0), default=Health())


_BREAKER = (
    tables.provider_breakers.c.state,
    tables.provider_breakers.c.changed_at,
    tables.provider_breakers.c.detail.label("breaker_detail"),
    tables.edges.c.kamailio_started,
)


def _breaker(row: Any) -> Breaker:
    """A Kamailio that was started anew has forgotten its breakers: all of them are closed."""
    if row.state is None or row.changed_at < (row.kamailio_started or 0):
        return Breaker()
    return Breaker(row.state, row.changed_at, row.breaker_detail)


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
