"""Objects that one API process shares among its requests: database, keys, limits, caches, metrics."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, NamedTuple

from starlette.types import Scope

from dialplane.api.http import reasons
from dialplane.api.http.credentials import ActorCache
from dialplane.api.http.errors import RETRY_AFTER_S, ApiError
from dialplane.api.http.fields import BodySize
from dialplane.api.http.hashing import Hashing
from dialplane.api.http.published import Published
from dialplane.api.http.rate_limits import RateLimits
from dialplane.api.metrics.registry import Metrics
from dialplane.control.edges import Contacts
from dialplane.control.idempotency import KeysInUse
from dialplane.control.login.sessions import SessionKeys
from dialplane.control.login.uses import Uses
from dialplane.control.news import News
from dialplane.control.retention import Periods
from dialplane.control.units import Database, Work
from dialplane.engine.destinations import Destinations
from dialplane.jobs.runner import Runner
from dialplane.jobs.supervisor import Supervisor
from dialplane.system.address import SocketAddress
from dialplane.system.datafolder import DataFolder
from dialplane.system.process import process_of_pid_file
from dialplane.system.slots import NoFreeSlot, Slots

MOST_TEST_CALLS = 2
"""Test calls that go on at one time, each of another person."""

LARGE_FEEDS = 2
"""Large answers of the feed that are sent at one time, each to another key: they hold a reader meanwhile."""


class BodyLimit(NamedTuple):
    """The largest body. `marks`: colons and opening brackets, which bound the names and values that it can hold."""

    size: int
    marks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits:
    """Limits of a single request; times in seconds."""

    bodies: Mapping[BodySize, BodyLimit]
    body_timeout_s: float
    max_attempts: int
    metrics_networks: Sequence[IPv4Network | IPv6Network]
    query_credentials: bool


class OwnEdge(NamedTuple):
    """The edge of this machine, if there is one. `pid`: the file with the process id of its Kamailio."""

    sip: SocketAddress
    pid: Path

    def is_running(self) -> bool:
        """Whether its Kamailio runs."""
        return process_of_pid_file(self.pid, program="kamailio") is not None


class Setting(NamedTuple):
    """A setting in effect: its variable, its value (none of a secret), whether that is the default, its description."""

    variable: str
    value: str
    is_default: bool
    meaning: str


@dataclass(slots=True, kw_only=True)
class Services:
    """`stopping` is set when the process has to stop: long polls end then.

    `sip`: host and port that switches reach this installation's own edge at; `own_edge`: how this machine does.
    `test_calls`: those that go on; `background`: tasks that outlive their request.
    `slots`: requests in flight, by the kind of work. `body_memory`: bytes of their bodies. `parsing`: large bodies
    take turns, since a parser lets nothing else run. `unknown_callers`: requests whose credentials are being looked up,
    by address. `bound_polls`: long polls by keys that are bound to an edge.
    `hashing`: the places where passwords are hashed.
    `streams`: those who watch; `published`: what they are told, out of `news`.
    `periods`: how long records and sums are kept.
    `hands_events_on`: events are kept for the operator's own engine too.
    `demo`: the folder of the demo's files; None if this is no demo.
    `looking`: the look at the database and at secrets that `/readyz` takes now.
    """

    db: Database
    sip: str
    own_edge: OwnEdge
    settings: Sequence[Setting]
    periods: Periods
    session_keys: SessionKeys
    secrets_folder: Path
    rate_limits: RateLimits
    limits: RequestLimits
    metrics: Metrics
    destinations: Destinations
    jobs: Supervisor
    contacts: Contacts
    uses: Uses
    news: News
    streams: Slots
    published: Published
    runner: Runner
    hands_events_on: bool
    demo: DataFolder | None = None
    actors: ActorCache = field(default_factory=ActorCache)
    keys_in_use: KeysInUse = field(default_factory=KeysInUse)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    slots: Mapping[Work, Slots]
    unknown_callers: Slots
    body_memory: Slots
    bound_polls: Slots
    hashing: Hashing = field(default_factory=Hashing)
    parsing: Slots = field(default_factory=lambda: Slots(1, each=1))
    test_calls: Slots = field(default_factory=lambda: Slots(MOST_TEST_CALLS, each=1))
    background: "set[asyncio.Task[Any]]" = field(default_factory=set)
    looking: "asyncio.Task[tuple[dict[str, str], list[str]]] | None" = None
    large_feeds: Slots = field(default_factory=lambda: Slots(LARGE_FEEDS, each=1))


def services_of(scope: Scope) -> Services:
    """The services of the application that got the request."""
    services: Services = scope["app"].state.services
    return services


@contextmanager
def held(slots: Slots, caller: str, size: int = 1) -> Iterator[None]:
    """So many slots while the block runs. Raises ApiError 429 or 503 at once if they are not to be had."""
    try:
        slots.enter(caller, size)
    except NoFreeSlot as error:
        raise no_free_slot(error) from None
    try:
        yield
    finally:
        slots.leave(caller, size)


def no_free_slot(error: NoFreeSlot) -> ApiError:
    """The refusal of a request for which there is no room."""
    if not error.is_own:
        return ApiError(reasons.OVERLOADED)
    message = f"One caller may not have more of these in flight. {reasons.RATE_LIMIT_EXCEEDED.remedy}"
    return ApiError(reasons.RATE_LIMIT_EXCEEDED, message, headers={"Retry-After": str(RETRY_AFTER_S)})
