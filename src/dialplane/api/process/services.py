"""What every request needs from the process it runs in, made once by the lifespan of the app."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from dialplane.api.http.credentials import KnownCallers
from dialplane.api.process.metrics import Metrics
from dialplane.api.process.throttle import Throttle
from dialplane.control.edges import Contacts
from dialplane.control.idempotency import KeysInUse
from dialplane.control.login.sessions import SessionKeys
from dialplane.control.units import Database
from dialplane.engine.destinations import Destinations
from dialplane.system.clock import now_us

FIRST_LOADS = 2
"""Edges that may load the whole table at one time: each holds one of the database's few readers meanwhile."""


@dataclass(slots=True, kw_only=True)
class Limits:
    """What one request may take: sizes in bytes, times in seconds."""

    body_bytes: int
    bulk_body_bytes: int
    body_timeout_s: float
    feed_followers: int
    max_attempts: int
    query_credentials: bool


@dataclass(slots=True, kw_only=True)
class Services:
    """`stopping` is set when the process has been asked to stop: long polls end then."""

    db: Database
    session_keys: SessionKeys
    throttle: Throttle
    limits: Limits
    metrics: Metrics
    destinations: Destinations
    secrets_folder: Path
    callers: KnownCallers = field(default_factory=lambda: KnownCallers())
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    contacts: Contacts = field(default_factory=Contacts)
    keys_in_use: KeysInUse = field(default_factory=KeysInUse)
    followers: int = 0
    turned: dict[str, float] = field(default_factory=dict)
    """When each round beside the requests last ended (time.monotonic), also one that was left out."""
    first_loads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(FIRST_LOADS))


def instant_now() -> int:
    """The wall clock as an instant (us)."""
    return now_us()
