"""Providers' health: each edge's latest report, and one verdict over all edges."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from dialplane.control.units import Reading, Unit
from dialplane.domain.health import HEALTHY, UNHEALTHY, Breaker, BreakerState, Health, HealthStatus
from dialplane.domain.provider import Provider
from dialplane.store.queries import health as queries
from dialplane.store.queries.health import BreakerRow, HealthRow

STALE_AFTER_US = 300_000_000
"""Edges report each provider's health about once a minute. A report this much older than the newest one is of an edge
that is gone or cut off: it says nothing about the provider now."""

_CACHED = "health"


@dataclass(frozen=True, slots=True)
class EdgeView:
    """One edge's view of a provider: from its probes, and from its calls."""

    provider_id: str
    edge: str
    health: Health
    breaker: Breaker


async def of_providers(unit: Unit, providers: Iterable[Provider]) -> dict[str, Health]:
    """Each provider's id -> its health over all edges: healthy if any edge reaches it, unhealthy if none does.

    Reports about another hostname than the provider's present one do not count. Raises Unavailable.
    """
    wanted = list(providers)
    reports = await _reports(unit, wanted)
    return {provider.id: together(reports.get(provider.id, {}).values()) for provider in wanted}


async def of_providers_cached(unit: Reading, providers: Collection[Provider]) -> Mapping[str, Health]:
    """The same out of the cache of committed objects, and others' too; what is not there is read first."""
    cached: dict[str, Health] = await unit.cached(_CACHED)
    if missing := [provider for provider in providers if provider.id not in cached]:
        cached.update(await of_providers(unit, missing))
    return cached


async def views(unit: Unit, provider: Provider) -> list[EdgeView]:
    """Every edge's view of the provider's present hostname, by the edge's name. Raises Unavailable."""
    return (await views_of(unit, [provider]))[provider.id]


async def views_of(unit: Unit, providers: Iterable[Provider]) -> dict[str, list[EdgeView]]:
    """Provider's id -> every edge's view of its present hostname, by the edge's name. Raises Unavailable."""
    wanted = {provider.id: provider for provider in providers}
    reports = await _reports(unit, wanted.values())
    found: dict[str, dict[str, Breaker]] = {id_: {} for id_ in wanted}
    for row in await queries.breakers(unit, wanted):
        if row.hostname == wanted[row.provider_id].hostname:
            found[row.provider_id][row.breaker.edge] = _breaker(row.breaker)
    return {id_: _views(id_, reports.get(id_, {}), breakers) for id_, breakers in found.items()}


def _views(provider_id: str, health: Mapping[str, Health], breakers: Mapping[str, Breaker]) -> list[EdgeView]:
    return [
        EdgeView(provider_id, edge, health.get(edge, Health()), breakers.get(edge, Breaker()))
        for edge in sorted(health.keys() | breakers.keys())
    ]


async def of_edge(unit: Unit, providers: Iterable[Provider], edge: str) -> list[EdgeView]:
    """One edge's view of the present hostnames of these providers. Raises Unavailable."""
    wanted = list(providers)
    reports = await _reports(unit, wanted)
    breakers = {(row.provider_id, row.hostname): row for row in await queries.breakers_of_edge(unit, edge)}
    return [
        EdgeView(
            provider.id,
            edge,
            reports.get(provider.id, {}).get(edge, Health()),
            _breaker(row.breaker) if (row := breakers.get((provider.id, provider.hostname))) else Breaker(),
        )
        for provider in wanted
    ]


async def all_views(unit: Unit, *, limit: int) -> list[EdgeView]:
    """Every edge's view of every live provider that it has probed, at most `limit` of them. Raises Unavailable."""
    return [
        EdgeView(report.provider_id, report.edge, _health(report), _breaker(breaker))
        for report, breaker in await queries.all_reports(unit, limit=limit)
    ]


def together(reports: Iterable[Health]) -> Health:
    """One health out of those of several edges: the best one that any of them reports, at its latest report."""
    all_of_them = list(reports)
    newest = max((health.checked_at or 0 for health in all_of_them), default=0)
    fresh = (health for health in all_of_them if (health.checked_at or 0) >= newest - STALE_AFTER_US)
    rank = {HEALTHY: 2, UNHEALTHY: 1}
    return max(fresh, key=lambda health: (rank.get(health.status, 0), health.checked_at or 0), default=Health())


async def _reports(unit: Unit, providers: Collection[Provider]) -> dict[str, dict[str, Health]]:
    """Provider id -> edge -> its report about the provider's present hostname."""
    hostnames = {provider.id: provider.hostname for provider in providers}
    reports: dict[str, dict[str, Health]] = {}
    for row in await queries.reports(unit, hostnames):
        if row.hostname == hostnames[row.provider_id]:
            reports.setdefault(row.provider_id, {})[row.edge] = _health(row)
    return reports


def _health(row: HealthRow) -> Health:
    return Health(HealthStatus(row.status), row.checked_at, row.hostname, row.detail)


def _breaker(row: BreakerRow) -> Breaker:
    """A Kamailio that was restarted has lost its breakers: all of them are closed."""
    if row.state is None or row.changed_at is None or row.changed_at < (row.kamailio_started or 0):
        return Breaker()
    return Breaker(BreakerState(row.state), row.changed_at, row.detail or "")
