"""What is known of a provider's reachability, as one edge sees it."""

from dataclasses import dataclass

UNKNOWN = "unknown"
HEALTHY = "healthy"
UNHEALTHY = "unhealthy"
STATUSES = (UNKNOWN, HEALTHY, UNHEALTHY)

CLOSED = "closed"
HALF_OPEN = "half_open"
OPEN = "open"
BREAKER_STATES = (CLOSED, HALF_OPEN, OPEN)


@dataclass(frozen=True, slots=True)
class Health:
    """`status` by the probes, `checked_at` the instant of the last one (None before the first).

    `hostname` is the one that was probed: a health of another hostname says nothing.
    """

    status: str = UNKNOWN
    checked_at: int | None = None
    hostname: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Breaker:
    """What an edge learned from real calls: open means that the provider is tried last, half_open that one may try.

    `changed_at` is None where the edge has never told of it.
    """

    state: str = CLOSED
    changed_at: int | None = None
    detail: str = ""
