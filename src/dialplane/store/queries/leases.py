"""Leases: what one node at a time does, of all that share a database."""

from typing import NamedTuple

from sqlalchemy import delete, select

from dialplane.store import tables
from dialplane.store.unit import Unit, Writing

_LEASES = tables.leases.c


class Lease(NamedTuple):
    """`holder` has it until this instant (us)."""

    holder: str
    until: int


async def find(unit: Unit, name: str) -> Lease | None:
    """The lease as it is. Raises Unavailable."""
    row = await unit.first(select(_LEASES.holder, _LEASES.until).where(_LEASES.name == name), short=True)
    return None if row is None else Lease(row.holder, row.until)


async def take(unit: Writing, name: str, *, holder: str, for_us: int) -> bool:
    """Takes or prolongs the lease for so long, unless another node has it. Raises Unavailable."""
    lease = await find(unit, name)
    if lease is not None and lease.holder != holder and lease.until > unit.instant:
        return False
    taking = unit.backend.merging_insert(tables.leases)
    new = {"holder": taking.excluded.holder, "until": taking.excluded.until}
    values = [{"name": name, "holder": holder, "until": unit.instant + for_us}]
    await unit.execute(taking.on_conflict_do_update(index_elements=["name"], set_=new), values, short=True)
    return True


async def give_up(unit: Writing, name: str, *, holder: str) -> None:
    """Ends the lease if this node has it. Raises Unavailable."""
    await unit.execute(delete(tables.leases).where(_LEASES.name == name, _LEASES.holder == holder), short=True)
