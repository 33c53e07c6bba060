"""Sources of trunks: networks and digest users."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select

from dialplane.domain.instants import NEVER
from dialplane.store import tables
from dialplane.store.unit import Unit

_TRUNKS = tables.trunks.c


class SourceRow(NamedTuple):
    """A trunk's sources. `allowed_ips` is a JSON list of networks."""

    allowed_ips: str
    username: str
    domain_name: str


async def of_others(unit: Unit, customer_id: str, *, username: str) -> Sequence[SourceRow]:
    """Those of other customers' live trunks that have a network, or this username. Raises Unavailable."""
    has_source = or_(_TRUNKS.allowed_ips != "[]", _TRUNKS.username == username)
    return await _of(unit, _TRUNKS.customer_id != customer_id, has_source)


async def of_own(unit: Unit, customer_id: str, *, besides: str) -> Sequence[SourceRow]:
    """Those of a customer's live trunks, but for the trunk with the id `besides`. Raises Unavailable."""
    return await _of(unit, _TRUNKS.customer_id == customer_id, _TRUNKS.id != besides)


async def _of(unit: Unit, *where: ColumnElement[bool]) -> Sequence[SourceRow]:
    columns = (_TRUNKS[name] for name in SourceRow._fields)
    return await unit.fetch_as(SourceRow, select(*columns).where(_TRUNKS.tm_delete == NEVER, *where))
