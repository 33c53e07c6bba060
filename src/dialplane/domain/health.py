"""What is known of a provider's reachability, as one edge sees it."""

from dataclasses import dataclass

UNKNOWN = "unknown"
HEALTHY = "healthy"
UNHEALTHY = "unhealthy"
STATUSES = (UNKNOWN, HEALTHY, UNHEALTHY)


@dataclass(frozen=True, slots=True)
class Health:
    """`status` by the probes, `checked_at` the instant of the last one (None before the first).

    `hostname` is the one that was probed: a health of another hostname says nothing.
    """

    status: str = UNKNOWN
    checked_at: int | None = None
    hostname: str = ""
    detail: str = ""
