"""The counters that an edge tells of itself."""

from collections.abc import Mapping

REPLICA_DAMAGES = "replica_damages"

COUNTERS: Mapping[str, str] = {
    "script_errors": "requests that met an error of the edge's own, and were answered 500",
    "strangers": "requests from sources that no trunk names",
    "flooded": "requests beyond the limits per second, of one source or of all together",
    "auth_failures": "wrong passwords",
    "unparsable": "messages that begin like SIP and cannot be parsed",
    REPLICA_DAMAGES: "since its companion started: how often its table was found damaged, and was loaded again",
}
"""Counter -> what it counts; all but the last since Kamailio's start."""

_HOUR_US = 3_600_000_000


def per_hour(counters: Mapping[str, int], *, started: int | None, reported: int | None) -> dict[str, float]:
    """Those that count from Kamailio's start on, as their average from then until their report (us).

    Empty where either instant is not known, or Kamailio had only just started.
    """
    if started is None or reported is None or reported <= started:
        return {}
    hours = (reported - started) / _HOUR_US
    return {name: round(n / hours, 1) for name, n in counters.items() if name != REPLICA_DAMAGES}
