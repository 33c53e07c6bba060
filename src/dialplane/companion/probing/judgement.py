"""From single probes to a health that does not flap. Pure."""

from dataclasses import dataclass, replace

from dialplane.domain.health import HEALTHY, UNHEALTHY, UNKNOWN, HealthStatus


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How many probes in a row change the health of a provider."""

    down_after: int = 3
    up_after: int = 2


@dataclass(frozen=True, slots=True)
class Judgement:
    """`streak`: how many probes in a row contradict `status` (for unknown: how many found it down)."""

    status: HealthStatus = UNKNOWN
    streak: int = 0

    def after(self, *, up: bool, thresholds: Thresholds) -> "Judgement":
        """The judgement after one more probe. From unknown, the first good one is enough: calls wait for it."""
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
        """Whether the last probe contradicts the status, so that the next one should come soon."""
        return self.streak > 0
