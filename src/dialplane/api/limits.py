"""The limits of requests, from the settings: how many slots there are, and how many of them one caller may have.

docs/operations.md lists them with what a caller hears.
"""

from ipaddress import ip_network

from dialplane.api.http.fields import BodySize
from dialplane.api.http.rate_limits import RateLimits
from dialplane.api.http.services import BodyLimit, RequestLimits
from dialplane.control.units import CREDENTIALS, EXPORTS, FEED, LISTS, READINESS, REQUESTS, STATISTICS, Work
from dialplane.settings import Settings
from dialplane.system.pace import Pace
from dialplane.system.slots import Slots

LOGIN_BODY_BYTES = 8_192
"""A user name and a password of the longest that there are."""

OBJECT_MARKS = 20_000
EVENTS_MARKS = 200_000
CHANGES_MARKS = 4_000_000
"""Colons and opening brackets of a body: events may have a hundred each on average, changes twenty."""

LISTS_PER_CALLER = 32
STATISTICS_PER_CALLER = 8
MOST_STATISTICS = 64
LOGINS_PER_ADDRESS = 8
MOST_LOGINS = 256
MONITORS_PER_ADDRESS = 64
MOST_MONITORS = 1_024
"""Requests in flight of these kinds, all of them together or of one caller; others wait for the readers' turn."""

LATEST_REFUSAL_S = 5.0
"""How late a refusal may be: clients have time limits of ten seconds and more."""

EXPORTS_PER_CALLER = 2
MOST_EXPORTS = 16
"""Exports that have not begun to be sent."""

STREAMS_PER_CALLER = 32
MOST_STREAMS = 256
"""Open streams: a person has one for all tabs of a browser; each costs a connection, and the events of 300 calls a
second is some 2 MB a second."""

POLLS_PER_EDGE = 4
"""Long polls of a key that is bound to an edge: its companion has one, and another while it starts anew."""


def slots_of(settings: Settings) -> dict[Work, Slots]:
    """Requests in flight, by kind of work; `RequestMiddleware` bounds them all together."""
    most = settings.requests_in_flight
    return {
        REQUESTS: Slots(most, each=settings.requests_in_flight_per_caller),
        LISTS: Slots(most, each=LISTS_PER_CALLER),
        STATISTICS: Slots(MOST_STATISTICS, each=STATISTICS_PER_CALLER),
        CREDENTIALS: Slots(MOST_LOGINS, each=LOGINS_PER_ADDRESS),
        READINESS: Slots(MOST_MONITORS, each=MONITORS_PER_ADDRESS),
        FEED: Slots(settings.feed_followers, each=settings.feed_followers_per_key),
        EXPORTS: Slots(MOST_EXPORTS, each=EXPORTS_PER_CALLER),
    }


def unknown_callers(settings: Settings) -> Slots:
    """Requests whose credentials are being looked up: with such as nobody has, an address is all that is known."""
    return Slots(settings.requests_in_flight, each=settings.requests_in_flight_per_caller)


def streams() -> Slots:
    """Those who watch the stream."""
    return Slots(MOST_STREAMS, each=STREAMS_PER_CALLER)


def request_limits(settings: Settings) -> RequestLimits:
    """The limits of single requests."""
    return RequestLimits(
        bodies={
            BodySize.LOGIN: BodyLimit(LOGIN_BODY_BYTES, LOGIN_BODY_BYTES),
            BodySize.OBJECT: BodyLimit(settings.body_limit_bytes, OBJECT_MARKS),
            BodySize.EVENTS: BodyLimit(settings.events_body_limit_bytes, EVENTS_MARKS),
            BodySize.CHANGES: BodyLimit(settings.bulk_body_limit_bytes, CHANGES_MARKS),
        },
        body_timeout_s=settings.body_timeout_s,
        max_attempts=settings.max_attempts,
        metrics_networks=[ip_network(text) for text in settings.metrics_networks],
        query_credentials=settings.query_credentials,
    )


def body_memory(settings: Settings) -> Slots:
    """Bytes of bodies in memory; one caller may have as many as the largest takes."""
    largest = max(settings.body_limit_bytes, settings.events_body_limit_bytes, settings.bulk_body_limit_bytes)
    return Slots(max(settings.body_memory_bytes, largest), each=largest)


def bound_polls(settings: Settings) -> Slots:
    """Long polls of keys that are bound to an edge."""
    return Slots(settings.feed_followers, each=POLLS_PER_EDGE)


def refusals(settings: Settings) -> Pace:
    """Refusals that are answered."""
    return Pace(settings.refusals_at_once, most_s=LATEST_REFUSAL_S)


def rate_limits(settings: Settings) -> RateLimits:
    """Requests per second and failed logins."""
    return RateLimits(
        login_failures_per_minute=settings.login_failures_per_minute,
        address_login_failures_per_minute=settings.address_login_failures_per_minute,
        name_login_failures_per_minute=settings.name_login_failures_per_minute,
        requests_per_second=settings.requests_per_second,
    )
