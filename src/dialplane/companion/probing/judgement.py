"""From single probes to a health that does not flap. Values in, values out."""

from dataclasses import dataclass, replace

from dialplane.domain.health import HEALTHY, UNHEALTHY, UNKNOWN, HealthStatus


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How many probes in a row it takes to change a known health."""

    down_after: int = 3
    up_after: int = 2


@dataclass(frozen=True, slots=True)
class Judgement:
    """`streak`: how many probes in a row have said the opposite of `status` (for unknown: have said "down")."""

    status: HealthStatus = UNKNOWN
    streak: int = 0

    def after(self, *, up: bool, thresholds: Thresholds) -> "Judgement":
        """With one more probe. The first good one after unknown is enough: calls wait for it."""
        if up and self.status == UNKNOWN:
            return Judgement(HEALTHY)
        if self.status == (HEALTHY if up else UNHEALTHY):
            return replace(self, streak=0)
        needed = thresholds.up_after if up else thresholds.down_after
        if self.streak + 1 >= needed:
            return Judgement(HEALTHY if up else UNHEALTHY)
        return replace(self, streak=self.streak + 1)

    @property
    def in_doubt(self) -> bool:
        """Whether the last probe spoke against the status, so that the next one should come soon."""
        return self.streak > 0
