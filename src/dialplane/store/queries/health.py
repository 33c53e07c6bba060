"""Reports of the edges about providers' health, and of their circuit breakers."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, select

from dialplane.domain.instants import NEVER
from dialplane.store import tables
from dialplane.store.objects import FEW_IDS
from dialplane.store.unit import Unit

_PROVIDERS, _REPORTS, _BREAKERS, _EDGES = (
    tables.providers,
    tables.provider_health,
    tables.provider_breakers,
    tables.edges,
)


class HealthRow(NamedTuple):
    """The latest report of one edge about one provider. `checked_at` is an instant."""

    provider_id: str
    edge: str
    hostname: str
    status: str
    detail: str
    checked_at: int


class BreakerRow(NamedTuple):
    """The latest state of one edge's breaker; all None if it has reported none. `kamailio_started`: of that edge."""

    edge: str
    state: str | None
    changed_at: int | None
    detail: str | None
    kamailio_started: int | None


_HEALTH_COLUMNS = [_REPORTS.c[name] for name in HealthRow._fields]
_BREAKER_COLUMNS = (_BREAKERS.c.state, _BREAKERS.c.changed_at, _BREAKERS.c.detail, _EDGES.c.kamailio_started)
_OF_PROVIDERS = select(*_HEALTH_COLUMNS).where(_REPORTS.c.provider_id.in_(bindparam("ids", expanding=True)))


async def reports(unit: Unit, provider_ids: Collection[str]) -> list[HealthRow]:
    """Every edge's report about these providers, about earlier hostnames too. Raises Unavailable."""
    is_short = len(provider_ids) <= FEW_IDS
    return await unit.fetch_as(HealthRow, _OF_PROVIDERS, {"ids": list(provider_ids)}, short=is_short)


class BreakerOfProvider(NamedTuple):
    """A breaker, and whose it is."""

    provider_id: str
    hostname: str | None
    breaker: BreakerRow


_WITH_OWNER = select(_BREAKERS.c.provider_id, _BREAKERS.c.hostname, _BREAKERS.c.edge, *_BREAKER_COLUMNS).select_from(
    _BREAKERS.outerjoin(_EDGES, _EDGES.c.name == _BREAKERS.c.edge)
)


async def breakers(unit: Unit, provider_ids: Collection[str]) -> list[BreakerOfProvider]:
    """Every edge's breakers of these providers, of earlier hostnames too. Raises Unavailable."""
    return await _breakers(unit, _WITH_OWNER.where(_BREAKERS.c.provider_id.in_(list(provider_ids))))


async def breakers_of_edge(unit: Unit, edge: str) -> list[BreakerOfProvider]:
    """The breakers of one edge, of earlier hostnames too. Raises Unavailable."""
    return await _breakers(unit, _WITH_OWNER.where(_BREAKERS.c.edge == edge))


async def _breakers(unit: Unit, statement: Select[Any]) -> list[BreakerOfProvider]:
    return [
        BreakerOfProvider(row.provider_id, row.hostname, BreakerRow(*row[2:])) for row in await unit.fetch(statement)
    ]


async def all_reports(unit: Unit, *, limit: int) -> list[tuple[HealthRow, BreakerRow]]:
    """Every edge's report about every live provider's present hostname, and its breaker. Raises Unavailable."""
    probed = _PROVIDERS.join(
        _REPORTS, and_(_REPORTS.c.provider_id == _PROVIDERS.c.id, _REPORTS.c.hostname == _PROVIDERS.c.hostname)
    )
    its_breaker = and_(
        _BREAKERS.c.provider_id == _REPORTS.c.provider_id,
        _BREAKERS.c.edge == _REPORTS.c.edge,
        _BREAKERS.c.hostname == _REPORTS.c.hostname,
    )
    statement = (
        select(*_HEALTH_COLUMNS, *_BREAKER_COLUMNS)
        .select_from(probed.outerjoin(_BREAKERS, its_breaker).outerjoin(_EDGES, _EDGES.c.name == _REPORTS.c.edge))
        .where(_PROVIDERS.c.tm_delete == NEVER)
        .order_by(_REPORTS.c.provider_id, _REPORTS.c.edge)
        .limit(limit)
    )
    rows = await unit.fetch(statement)
    split = len(HealthRow._fields)
    return [(HealthRow._make(row[:split]), BreakerRow(row.edge, *row[split:])) for row in rows]
