"""Events on their way to the operator's own engine: kept in the transaction that stores them, until they are sent.

A row has the events of one transaction, in the order in which their edge has seen them, and rows are in the order of
the transactions. One node at a time sends; a row is deleted once all of it has arrived. So each event arrives at least
once, and of each call the first copies of its events arrive in their order, whichever nodes die or stand still.
"""

import asyncio
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from dialplane.control.units import JOBS, Database, Writing
from dialplane.domain.ids import parse_id
from dialplane.eventlog.kinds import CallEvent, Event
from dialplane.store.queries import erasure, leases
from dialplane.store.queries import outbox as queries
from dialplane.store.queries.outbox import Waiting as Waiting

LEASE = "event sink"
LEASE_US = 30_000_000
"""How long another node waits for one that sends and says nothing any more."""

ROWS_AT_ONCE = 8
"""Rows that are in memory at one time: each has a body of events, of four megabytes at most."""

DROPPED_AT_ONCE = 200
"""Rows that one transaction drops."""

_LEVEL = 1
"""Of compression: a day of 300 calls a second is 84 GB, and 15 GB so, for 19 us of CPU a call (measured)."""


class Message(NamedTuple):
    """An event as it is sent: `value` is its JSON; `key` its call, or its edge if it is of none."""

    id: str
    kind: str
    key: str
    value: bytes


class _Head(msgspec.Struct):
    id: str
    kind: str
    edge: str
    call: str = ""


_head = msgspec.json.Decoder(_Head).decode


class Packed(NamedTuple):
    """Events as a row has them: JSON lines, compressed."""

    lines: bytes
    total: int


@dataclass(frozen=True, slots=True)
class Portion:
    """What is sent next: the messages of some rows."""

    instants: Sequence[int]
    messages: Sequence[Message]


def pack(events: Sequence[Event], *, without: Collection[str] = ()) -> Packed:
    """The events, but those of some calls."""
    kept = [
        event for event in events if not (without and isinstance(event, CallEvent) and parse_id(event.call) in without)
    ]
    return Packed(zlib.compress(b"\n".join(map(msgspec.json.encode, kept)), _LEVEL), len(kept))


def unpack(lines: bytes) -> list[Message]:
    """The events of a row."""
    values = zlib.decompress(lines).split(b"\n")
    return [Message(head.id, head.kind, _key(head), value) for value in values for head in [_head(value)]]


def _key(head: _Head) -> str:
    return parse_id(head.call) if head.call else head.edge


async def put(unit: Writing, packed: Packed) -> None:
    """Keeps events until they are sent, with all else that this transaction stores. Raises Unavailable."""
    if packed.total:
        await queries.add(unit, packed.lines, count=packed.total)


async def next_portion(db: Database, *, node: str) -> Portion | None:
    """What this node has to send next; None if nothing waits, or another node sends.

    Events of calls that were erased are left out. Raises Unavailable.
    """
    if not await _leads(db, node):
        return None
    async with db.read(JOBS) as unit:
        rows = await queries.first(unit, limit=ROWS_AT_ONCE)
        if not rows:
            return None
        messages = await asyncio.to_thread(lambda: [message for row in rows for message in unpack(row.events)])
        erased = await erasure.erased_among(unit, {message.key for message in messages})
    return Portion([row.instant for row in rows], [one for one in messages if one.key not in erased])


async def forget(db: Database, portion: Portion, *, node: str) -> None:
    """All of the portion has arrived. If another node sends by now, it will send it again. Raises Unavailable."""
    async with db.write() as unit:
        if await leases.take(unit, LEASE, holder=node, for_us=LEASE_US):
            await queries.remove(unit, portion.instants)


async def keep_within(db: Database, *, most_bytes: int, node: str) -> int:
    """Drops the oldest rows while more than so many bytes wait; how many events those had. Raises Unavailable."""
    dropped = 0
    while (excess := (await waiting(db)).bytes - most_bytes) > 0 and await _leads(db, node):
        async with db.write() as unit:
            dropped += await queries.drop_oldest(unit, bytes=excess, limit=DROPPED_AT_ONCE)
    return dropped


async def waiting(db: Database) -> Waiting:
    """What waits now. Raises Unavailable."""
    async with db.read(JOBS) as unit:
        return await queries.waiting(unit)


async def leave(db: Database, *, node: str) -> None:
    """This node sends no more: another one may from now on. Raises Unavailable."""
    async with db.write() as unit:
        await leases.give_up(unit, LEASE, holder=node)


async def _leads(db: Database, node: str) -> bool:
    """Whether it is this node that sends: it takes the lease if nobody has it, and prolongs its own in time."""
    async with db.read(JOBS) as unit:
        lease = await leases.find(unit, LEASE)
    soon = db.now() + (LEASE_US // 2 if lease is not None and lease.holder == node else 0)
    if lease is not None and lease.lasts(after=soon, for_us=LEASE_US):
        return lease.holder == node
    async with db.write() as unit:
        return await leases.take(unit, LEASE, holder=node, for_us=LEASE_US)
