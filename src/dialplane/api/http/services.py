"""Objects that one API process shares among its requests: database, keys, limits, caches, metrics."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request

from dialplane.api.http.credentials import ActorCache
from dialplane.api.http.rate_limits import RateLimits
from dialplane.api.metrics.registry import Metrics
from dialplane.control.edges import Contacts
from dialplane.control.idempotency import KeysInUse
from dialplane.control.login.sessions import SessionKeys
from dialplane.control.units import Database
from dialplane.engine.destinations import Destinations
from dialplane.jobs.supervisor import Supervisor

FIRST_LOADS = 2
"""Edges that may load the whole table at one time: each holds one of the database's few readers meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits:
    """Limits of a single request: sizes in bytes, times in seconds."""

    body_bytes: int
    bulk_body_bytes: int
    body_timeout_s: float
    feed_followers: int
    max_attempts: int
    query_credentials: bool


@dataclass(slots=True, kw_only=True)
class Services:
    """`stopping` is set when the process has to stop: long polls end then. `followers` counts long polls."""

    db: Database
    session_keys: SessionKeys
    secrets_folder: Path
    rate_limits: RateLimits
    limits: RequestLimits
    metrics: Metrics
    destinations: Destinations
    jobs: Supervisor
    contacts: Contacts
    actors: ActorCache = field(default_factory=ActorCache)
    keys_in_use: KeysInUse = field(default_factory=KeysInUse)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    followers: int = 0
    first_loads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(FIRST_LOADS))


def services_of(request: Request) -> Services:
    """The services of the application that got the request."""
    services: Services = request.app.state.services
    return services
