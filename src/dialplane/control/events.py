"""Ingestion of the edges' events: each counts once, however often and in whatever order it comes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dialplane.control import edges, lost_calls, outbox, permissions
from dialplane.control.actor import Actor
from dialplane.control.folding import Folded, text
from dialplane.control.units import Database, Unit
from dialplane.domain.errors import InvalidValue
from dialplane.eventlog.kinds import AnyEvent, Event
from dialplane.store import merging, records
from dialplane.store.queries import erasure
from dialplane.store.records import Merge, OpenRecords, Outdated

MAX_EVENTS = 2_000
"""Most events of one batch, which bounds how long it holds the writer's lock."""

FEW_EVENTS = 100
"""Events that are folded on the event loop; more take up to 90 ms, which a thread has for them."""

READ_WITHIN_S = 30.0
"""Longest time to read the records of a batch."""

_MAX_REASON = 200


class Batch(msgspec.Struct, forbid_unknown_fields=True):
    """A body of events all of which are of the contract. `agent` is as it stands there, empty if it does not."""

    edge: str
    events: list[AnyEvent]
    agent: msgspec.Raw = msgspec.Raw(b"")


_decode = msgspec.json.Decoder(Batch).decode


def decoded(body: bytes) -> Batch | None:
    """The batch that a body holds; None for one that is to be looked at event by event.

    Of a name that stands twice the last counts.
    """
    try:
        return _decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Ingested:
    """`accepted` events are stored, now or before; `refused` has one reason for each malformed event; `lost`: ids
    of calls that were closed because Kamailio no longer has dialogs of them. `folded`: the rows of the events.
    """

    accepted: int
    refused: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    folded: Folded = field(default_factory=lambda: Folded(now=0), compare=False, repr=False)


async def ingest(db: Database, actor: Actor, *, edge: str, events: Sequence[Any], hand_on: bool = False) -> Ingested:
    """Store a batch of events, or of JSON values, in one transaction. A malformed event is refused alone.

    An instant ahead of the database's clock (`db.now`) counts as now. If the actor's key is bound to an edge, events in
    another edge's name, and those of another edge's calls, are refused alone too. `hand_on`: what is accepted is kept
    for the operator's own engine as well.

    `edge` is the sender's name; each event has the name of the edge that saw it. Raises PermissionDenied, and
    InvalidValue if there are more than `MAX_EVENTS`.
    """
    permissions.require(actor, "events.write")
    permissions.require_edge(actor, "events.write", edge)
    if len(events) > MAX_EVENTS:
        raise InvalidValue("events", "too_many", f"must have at most {MAX_EVENTS} events")
    folded = Folded(now=db.now(), edge=actor.edge)
    if len(events) <= FEW_EVENTS:
        accepted, refused = _fold(folded, events, sender=edge)
    else:
        accepted, refused = await asyncio.to_thread(_fold, folded, events, sender=edge)
    lost = await _store(db, folded, actor.id, accepted if hand_on else ()) if folded.count else []
    refused += [f"{edge}: a call of another edge"] * folded.foreign
    return Ingested(folded.count, tuple(refused), tuple(lost), folded)


def _fold(folded: Folded, events: Sequence[Any], *, sender: str) -> tuple[list[Event], list[str]]:
    """Folds events in, each alone; those that could be, and why each of the others could not."""
    accepted, refused = list[Event](), list[str]()
    for one in events:
        try:
            event = one if isinstance(one, Event) else msgspec.convert(one, AnyEvent)
            folded.add(event)
            accepted.append(event)
        except (msgspec.ValidationError, InvalidValue, UnicodeError) as error:  # UnicodeError: a name with a surrogate
            refused.append(text(f"{sender}: {error}", _MAX_REASON))
    return accepted, refused


async def _store(db: Database, folded: Folded, caller: str, outgoing: Sequence[Event]) -> list[str]:
    """Reports are merged before the writer's lock is waited for, and again under it only if records have changed."""
    async with db.read(caller=caller) as unit:
        merge = await unit.whole(lambda: _merge(unit, folded, known=db.open_records), within_s=READ_WITHIN_S)
    try:
        return await _write(db, folded, merge, caller=caller, outgoing=outgoing)
    except Outdated:
        return await _write(db, folded, None, caller=caller, outgoing=outgoing)


async def _write(
    db: Database, folded: Folded, merge: Merge | None, *, caller: str, outgoing: Sequence[Event]
) -> list[str]:
    """Ids of the calls that were lost. Without a `merge`, records are read under the lock. Raises Outdated."""
    left_out, packed = len(folded.left_out), outbox.pack(outgoing, without=folded.left_out)

    async def write() -> tuple[Merge, list[str]]:
        folded.leave_out(erased := await erasure.erased_among(unit, folded.calls))
        stored = await _merge(unit, folded) if merge is None or erased else merge
        await records.store(unit, stored)
        await merging.HEALTH.store(unit, list(folded.health.values()))
        await merging.BREAKERS.store(unit, list(folded.breakers.values()))
        await edges.store_reported(unit, list(folded.edges.values()), folded.edge_reports)
        if outgoing:
            is_same = len(folded.left_out) == left_out
            await outbox.put(unit, packed if is_same else outbox.pack(outgoing, without=folded.left_out))
        lost = await lost_calls.close_missing(unit, folded.dialog_reports) if folded.dialog_reports else []
        return stored, lost

    async with db.write(caller=caller) as unit:
        stored, lost = await unit.last(write)
    db.open_records.keep(stored)
    return lost


async def _merge(unit: Unit, folded: Folded, *, known: OpenRecords | None = None) -> Merge:
    """Leaves the calls of other edges out, if one edge's alone are taken."""
    merge = await records.merge(unit, folded.calls_in_order(), edge=text(folded.edge), known=known)
    folded.leave_out_foreign(merge.foreign)
    return merge
