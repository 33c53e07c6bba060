"""Statistics of attempts and calls over a window of time: answer-seizure ratio, network effectiveness, delays."""

from dataclasses import dataclass, replace

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.permissions import Scope
from dialplane.control.units import Unit
from dialplane.engine.failover import NEXT
from dialplane.store.queries import stats as queries
from dialplane.store.queries.stats import CUSTOMERS, GROUPINGS, PROVIDERS, ROUTES, TARGETS, Delays, Sums, Window

__all__ = ["CUSTOMERS", "GROUPINGS", "PROVIDERS", "ROUTES", "TARGETS", "Stats", "Window", "list_"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The figures of one provider, route, target or customer. Rates are None if nothing was seized, times in ms.

    `seized`: INVITEs sent, or a customer's calls. `skipped`: attempts without an INVITE. `effective`: answered,
    busy or not answered. `moved_on`: attempts after which the next was to follow, or calls with more than one.
    `duration_ms` is the sum over the `ended` ones that were answered. `channels`: going on now, whatever the window.
    """

    key: str
    seized: int = 0
    skipped: int = 0
    answered: int = 0
    effective: int = 0
    moved_on: int = 0
    late_answers: int = 0
    ended: int = 0
    duration_ms: int = 0
    pdd_p50_ms: int | None = None
    pdd_p95_ms: int | None = None
    channels: int = 0

    @property
    def asr(self) -> float | None:
        """Answer-seizure ratio, 0 to 1."""
        return self._rate(self.answered)

    @property
    def ner(self) -> float | None:
        """Network effectiveness ratio, 0 to 1: a callee who is busy or does not answer was reached."""
        return self._rate(self.effective)

    @property
    def failover_rate(self) -> float | None:
        """Share of what moved on to the next carrier, 0 to 1."""
        return self._rate(self.moved_on)

    @property
    def acd_ms(self) -> int | None:
        """Average duration of answered calls."""
        return self.duration_ms // self.ended if self.ended else None

    def _rate(self, part: int) -> float | None:
        return part / self.seized if self.seized else None


async def list_(unit: Unit, actor: Actor, by: str, window: Window, *, limit: int = 100) -> list[Stats]:
    """The busiest of a grouping (`providers`, `routes`, `targets`, `customers`), most seized first, at most `limit`.

    Those with neither an attempt in the window nor a channel in use are left out. Raises PermissionDenied, Unavailable.
    """
    if permissions.require(actor, "stats.list") is Scope.OWN:
        if window.customer_id not in (None, actor.customer_id):
            return []
        window = replace(window, customer_id=actor.customer_id)
    sums = await queries.sums(unit, by, window, moved_on=NEXT, limit=limit)
    channels = await queries.channels(unit, by, window)
    delays = await queries.delays(unit, by, window, [row.key for row in sums])
    stats = [_stats(row, delays.get(row.key), channels.pop(row.key, 0)) for row in sums]
    others = [Stats(key=key, channels=count) for key, count in sorted(channels.items())]
    return (stats + others)[:limit]


def _stats(sums: Sums, delays: Delays | None, channels: int) -> Stats:
    return Stats(
        **sums._asdict(),
        pdd_p50_ms=None if delays is None else delays.p50,
        pdd_p95_ms=None if delays is None else delays.p95,
        channels=channels,
    )
