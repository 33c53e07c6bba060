"""Leases: what one node at a time does, of all that share a database."""

from typing import NamedTuple

from sqlalchemy import delete, select

from dialplane.store import tables
from dialplane.store.unit import Unit, Writing
from dialplane.system.clock import MOST_AHEAD_US

_LEASES = tables.leases.c


class Lease(NamedTuple):
    """`holder` has it until this instant (us)."""

    holder: str
    until: int

    def lasts(self, *, after: int, for_us: int) -> bool:
        """Whether it lasts beyond an instant. One that lasts far longer was taken by a clock ahead."""
        return 0 < self.until - after <= for_us + MOST_AHEAD_US


async def find(unit: Unit, name: str) -> Lease | None:
    """The lease as it is. Raises Unavailable."""
    row = await unit.first(select(_LEASES.holder, _LEASES.until).where(_LEASES.name == name), short=True)
    return None if row is None else Lease(row.holder, row.until)


async def take(unit: Writing, name: str, *, holder: str, for_us: int) -> bool:
    """Takes or prolongs the lease for so long, unless another node has it. Raises Unavailable."""
    lease, now = await find(unit, name), _now(unit)
    if lease is not None and lease.holder != holder and lease.lasts(after=now, for_us=for_us):
        return False
    taking = unit.backend.merging_insert(tables.leases)
    new = {"holder": taking.excluded.holder, "until": taking.excluded.until}
    values = [{"name": name, "holder": holder, "until": now + for_us}]
    await unit.execute(taking.on_conflict_do_update(index_elements=["name"], set_=new), values, short=True)
    return True


def _now(unit: Writing) -> int:
    """The unit's instant, which all nodes share; or the wall clock, if a clock that was ahead has dated that."""
    return unit.instant if unit.instant <= unit.now() + MOST_AHEAD_US else unit.now()


async def give_up(unit: Writing, name: str, *, holder: str) -> None:
    """Ends the lease if this node has it. Raises Unavailable."""
    await unit.execute(delete(tables.leases).where(_LEASES.name == name, _LEASES.holder == holder), short=True)
