"""Sources of trunks: networks and digest users."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import or_, select

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
    statement = select(*(_TRUNKS[name] for name in SourceRow._fields)).where(
        _TRUNKS.tm_delete == NEVER, _TRUNKS.customer_id != customer_id, has_source
    )
    return await unit.fetch_as(SourceRow, statement)
