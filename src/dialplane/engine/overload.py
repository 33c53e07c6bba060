"""Overload control: all new calls are let in until the queues of the edge's sockets fill, then as many as it carries.

A pure control law. It keeps a limit in calls per second and turns it into the share of new calls to be refused, so
that a burst of any height is cut down to the same number of calls. Multiplicative decrease, slower increase (RFC 7415
leaves the algorithm open; loss of datagrams at the socket is the signal that needs no model of what a call costs).
"""

import math
from dataclasses import dataclass, replace

SHARES = 4096
"""The unit of a share: a power of two, because Kamailio takes a call's hash modulo a power of two."""

DEEP = 0.5
"""Fullness of a queue that is overload if it lasts."""
WANTED = 0.25
"""Fullness that the limit is steered to under overload: never empty, so that no worker waits, and short."""

_AVERAGED_S = 0.08  # averaging time of rates and depths: long enough for bursts that are no overload
_USUAL_S = 2.0  # averaging time of the usual rate, at which the limit begins
_DAMPING = 0.6  # a queue that grows from empty to full nearly halves the limit: a queue adds up by itself
_GROWTH_PER_S = 8.0  # a queue that stays empty doubles the limit in a third of a second
_CUT_PER_S = 1.5  # one that stays full takes two thirds in a second: its backlog is older than the last cut
_LEAST_CPS = 5.0  # however bad it looks: only calls that are let in show that it has become better
_MOST_CPS = 1e6
_FORGET_S = 10.0  # a limit that has refused no call for so long is dropped
_MOST_SHARE = 0.999
_ROOM_ENDS, _ROOM_ENDED = 0.75, 0.85
"""Shared memory that is taken: from the first on some new calls are refused, from the second all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Measurements since the last reading. `fullness` of the fullest queue is 0 to 1; `offered` counts new calls."""

    elapsed_s: float
    fullness: float
    is_losing: bool
    offered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """`limit_cps` is infinite while there is no overload. `pressure` is the averaged fullness, 0 to 1."""

    limit_cps: float = math.inf
    offered_cps: float = 0.0
    usual_cps: float = 0.0
    pressure: float = 0.0
    fullness: float = 0.0
    idle_s: float = 0.0

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit: some time before the first refusal until some time after the last."""
        return math.isfinite(self.limit_cps)

    @property
    def share(self) -> float:
        """The share of new calls to refuse, 0 to 1."""
        if self.offered_cps <= self.limit_cps:
            return 0.0
        return min(1.0 - self.limit_cps / self.offered_cps, _MOST_SHARE)

    def after(self, reading: Reading) -> "Load":
        """The load after one more reading."""
        weight = 1.0 - math.exp(-reading.elapsed_s / _AVERAGED_S)
        fullness = 1.0 if reading.is_losing else reading.fullness
        offered_cps = reading.offered / reading.elapsed_s
        now = replace(
            self,
            offered_cps=self.offered_cps + weight * (offered_cps - self.offered_cps),
            pressure=self.pressure + weight * (fullness - self.pressure),
            fullness=fullness,
        )
        if self.is_limited:
            return now._steered(fullness - self.fullness, reading.elapsed_s)
        if now.pressure > DEEP:
            return replace(now, limit_cps=max(now.usual_cps, _LEAST_CPS))
        usual_weight = 1.0 - math.exp(-reading.elapsed_s / _USUAL_S)
        return replace(now, usual_cps=self.usual_cps + usual_weight * (offered_cps - self.usual_cps))

    def _steered(self, rise: float, elapsed_s: float) -> "Load":
        """The limit raised or lowered, by how the queue moves and by its distance from WANTED."""
        idle_s = 0.0 if self.share else self.idle_s + elapsed_s
        if idle_s > _FORGET_S:
            return replace(self, limit_cps=math.inf, idle_s=0.0)
        short = WANTED - self.fullness
        step = (_GROWTH_PER_S if short > 0 else _CUT_PER_S) * short * elapsed_s - _DAMPING * rise
        limit_cps = self.limit_cps * math.exp(step)
        return replace(self, limit_cps=min(max(limit_cps, _LEAST_CPS), _MOST_CPS), idle_s=idle_s)


def share_by_memory(fullness: float) -> float:
    """The share of new calls to refuse, 0 to 1, where `fullness` of the shared memory is taken, 0 to 1.

    The rest is for the calls that were let in: a message that finds no memory has no transaction, and no answer.
    """
    return min(max((fullness - _ROOM_ENDS) / (_ROOM_ENDED - _ROOM_ENDS), 0.0), 1.0)
