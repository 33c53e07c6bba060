"""The feed: every object that changed since a revision, in one snapshot, for the edges' replicas."""

import uuid
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import msgspec

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.units import FEED, Database, Encryption, Reading, Undecrypted
from dialplane.domain.errors import DialplaneError
from dialplane.domain.feed import FeedChange, FeedEnd, FeedHead
from dialplane.domain.records import record_of
from dialplane.store.objects import STORAGES, Storage
from dialplane.store.queries import feed as queries
from dialplane.store.unit import Clock
from dialplane.system.turns import in_turns

ROWS_AT_ONCE = 2_000
"""Rows in memory at once, and lines in a chunk: about half a megabyte of routes."""

_IN_FEED = tuple(storage for storage in STORAGES.values() if storage.kind.in_feed)
_encoder = msgspec.json.Encoder()


class FeedBroken(DialplaneError):
    """The keys have gone since the feed began: the next one tells the edge so in its head."""


async def wait(db: Database, *, since: int, epoch: str, wait_s: float) -> None:
    """Returns as soon as there is something newer than `since` of this epoch, at the latest after `wait_s` seconds."""
    clock = await db.clock()
    if _is_known(epoch, clock, db.encryption) and clock.revision == since:
        await db.wait_for_revision(since=since, wait_s=wait_s)


def stream(db: Database, actor: Actor, *, since: int, epoch: str) -> AsyncGenerator[bytes, None]:
    """NDJSON in chunks of whole lines: the head, the changed records, the end line. Raises PermissionDenied at once.

    One snapshot from head to end. `full` when since is 0, ahead of the database, of another epoch, or before deletions
    that are kept no longer: then all live objects and no deleted ones. A secret that cannot be decrypted is left empty,
    and an edge that gets such a record has an epoch of its own from then on: once the keys are there, it is fed from
    nothing. Raises FeedBroken.
    """
    permissions.require(actor, "feed.read")
    return _lines(db, since, epoch, actor.id)


async def _lines(db: Database, since: int, epoch: str, caller: str) -> AsyncGenerator[bytes, None]:
    async with db.read(FEED, caller=caller) as unit:
        clock = await unit.clock()
        full = since == 0 or not clock.purged <= since <= clock.revision or not _is_known(epoch, clock, unit.encryption)
        after = None if full else since
        lacks_secrets = await _lacks_secrets(unit, after) or (not full and epoch != clock.epoch)
        yield _line(FeedHead(_lacking(clock.epoch) if lacks_secrets else clock.epoch, clock.revision, full))
        count = 0
        for storage in _IN_FEED if full or since < clock.revision else ():
            async with queries.rows(unit, storage, since=after, at_once=ROWS_AT_ONCE) as batches:
                async for rows in batches:
                    count += len(rows)
                    yield _encoder.encode_lines(await _changes(storage, rows, unit.encryption))
                    if unit.encryption.has_failed and not lacks_secrets:
                        raise FeedBroken("a stored secret cannot be decrypted")
        yield _line(FeedEnd(clock.revision, count))


def _lacking(epoch: str) -> str:
    """The epoch of edges whose records may lack secrets."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{epoch} without secrets"))


def _is_known(epoch: str, clock: Clock, encryption: Encryption) -> bool:
    """Whether an edge of this epoch needs the changes alone."""
    return epoch == clock.epoch or (encryption.has_failed and epoch == _lacking(clock.epoch))


async def _lacks_secrets(unit: Reading, since: int | None) -> bool:
    """Whether a secret of these records cannot be decrypted. What was decrypted is kept for the feed."""
    for storage in _IN_FEED:
        names = storage.kind.sealed
        if not names:
            continue
        async with queries.rows(unit, storage, since=since, at_once=ROWS_AT_ONCE) as batches:
            async for rows in batches:
                ciphertexts = (getattr(row, name) for row in rows for name in names)
                secrets = await in_turns(ciphertexts, unit.encryption.decrypt)
                if any(isinstance(secret, Undecrypted) for secret in secrets):
                    return True
    return False


def _line(value: FeedHead | FeedEnd) -> bytes:
    return _encoder.encode(value) + b"\n"


async def _changes(storage: Storage[Any], rows: Iterable[Any], encryption: Encryption) -> list[FeedChange]:
    return await in_turns(rows, lambda row: FeedChange(storage.kind.name, _record(storage, row, encryption)))


def _record(storage: Storage[Any], row: Any, encryption: Encryption) -> dict[str, Any]:
    """The record of an object, as much of it as an edge may know."""
    if storage.kind.for_edge is not None:
        return record_of(storage.kind.for_edge(storage.value(row, encryption)))
    record = storage.record(row, encryption)
    del record["revision"]
    for name in storage.kind.sealed:
        record[name] = str(record[name])
    return record
