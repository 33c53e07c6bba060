"""A provider's reachability, as one edge sees it: by its probes, and by its calls."""

from dataclasses import dataclass
from enum import StrEnum

from dialplane.domain.value import Value


class HealthStatus(StrEnum):
    """The judgement of the probes; UNKNOWN before the first."""

    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class BreakerState(StrEnum):
    """OPEN: recent calls failed, and the provider is tried last. HALF_OPEN: one call may try it."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


UNKNOWN, HEALTHY, UNHEALTHY = STATUSES = tuple(HealthStatus)
CLOSED, HALF_OPEN, OPEN = BREAKER_STATES = tuple(BreakerState)


@dataclass(frozen=True, slots=True)
class Health(Value):
    """`checked_at` is the instant of the last probe (None before the first).

    `hostname` is the one that was probed: the health of another hostname says nothing.
    """

    status: HealthStatus = HealthStatus.UNKNOWN
    checked_at: int | None = None
    hostname: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Breaker(Value):
    """`changed_at` is None if the edge has never reported this provider's breaker."""

    state: BreakerState = BreakerState.CLOSED
    changed_at: int | None = None
    detail: str = ""
