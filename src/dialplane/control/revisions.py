"""Revisions: every change, by whom, from where, with before and after."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dialplane.control import permissions, revision_filter
from dialplane.control.actor import Actor
from dialplane.control.units import Encryption, Undecrypted, Unit
from dialplane.domain.errors import InvalidValue, NotFound
from dialplane.domain.instants import NEVER
from dialplane.domain.kinds import KINDS
from dialplane.store.queries import revisions as queries
from dialplane.store.queries.revisions import ChangeRow, RevisionRow
from dialplane.system.clock import now_us
from dialplane.system.turns import in_turns

MASK = "***"


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object's part of a revision; `before` is None for a create.

    Records are those of domain.records with secrets masked; `changed` names the fields that differ, secrets too.
    """

    kind: str
    object_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    changed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Revision:
    """`number` grows by one with every change; `changes` is empty in lists, `change_count` is their number.

    `has_contents`: what it changed is still kept.
    """

    number: int
    instant: int
    actor_kind: str
    actor_id: str
    actor_name: str
    operation: str
    source_ip: str
    request_id: str
    change_count: int
    changes: Sequence[ObjectChange] = ()
    has_contents: bool = True


MOST_COMPARED = 10_000
"""Changes between two revisions that are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs between the revisions `first` and `last`; `revisions`: how many came after the first.

    `has_contents`: what all of them changed is still kept.
    """

    first: int
    last: int
    revisions: int
    changes: Sequence[ObjectChange]
    has_contents: bool


async def get(unit: Unit, actor: Actor, number: int, *, page_size: int = 1_000, after_seq: int = -1) -> Revision:
    """The revision with its changes, at most `page_size` of them, those after `after_seq`. Raises NotFound."""
    permissions.require(actor, "revision.get")
    row = await queries.find(unit, number)
    if row is None:
        raise NotFound("revision")
    if not await queries.has_contents(unit, number):
        return replace(_revision(row, ()), has_contents=False)
    parts = await queries.changes(unit, number, after_seq=after_seq, limit=page_size)
    return _revision(row, await in_turns(parts, lambda part: _object_change(part, unit.encryption)))


async def after(unit: Unit, number: int, *, limit: int) -> list[Revision]:
    """The revisions after this one, in order, without their changes, for whoever may see them. Raises Unavailable."""
    return [_revision(row, ()) for row in await queries.after(unit, number, limit=limit)]


async def list_(
    unit: Unit,
    actor: Actor,
    *,
    page_size: int = 100,
    before: int | None = None,
    object_id: str | None = None,
    kind: str | None = None,
    actor_id: str | None = None,
    since: int | None = None,
    until: int | None = None,
    filter: str | None = None,
) -> list[Revision]:
    """Newest first, those that `filter` means, as people type it.

    `before` is the instant of the last one of the page before. `since` <= instant < `until`.
    """
    permissions.require(actor, "revision.list")
    rows = await queries.page(
        unit,
        page_size=page_size,
        before=before,
        object_id=object_id,
        kind=kind,
        actor_id=actor_id,
        since=since,
        until=until,
        also=revision_filter.meant(filter, now=now_us()) if filter else (),
    )
    return [_revision(row, ()) for row in rows]


async def compare(unit: Unit, actor: Actor, one: int, other: int) -> Difference:
    """What differs between how all was after one revision and after another, in whatever order they are named.

    Raises NotFound, and InvalidValue for more than MOST_COMPARED changes between them.
    """
    permissions.require(actor, "revision.get")
    first, last = sorted((one, other))
    for number in {first, last} - {0}:
        if await queries.find(unit, number) is None:
            raise NotFound("revision")
    extent = await queries.extent(unit, first, last)
    if extent.changes > MOST_COMPARED:
        raise InvalidValue("to", "too_far", f"must be nearer: at most {MOST_COMPARED} changes are compared")
    rows = await queries.changes_between(unit, first, last, limit=MOST_COMPARED)
    folded = await in_turns(_folded(rows), lambda row: _object_change(row, unit.encryption))
    return Difference(
        first=first,
        last=last,
        revisions=extent.revisions,
        changes=[change for change in folded if _differs(change)],
        has_contents=len(rows) == extent.changes,
    )


def _folded(rows: Sequence[ChangeRow]) -> Sequence[ChangeRow]:
    """One change for each object: from how it was before the first to how it is after the last."""
    folded: dict[str, ChangeRow] = {}
    for row in rows:
        earlier = folded.get(row.object_id)
        folded[row.object_id] = row if earlier is None else earlier._replace(after=row.after)
    return tuple(folded.values())


def _differs(change: ObjectChange) -> bool:
    """Not if it is as it was, or came and went."""
    if change.before is None:
        return change.after is not None and change.after["tm_delete"] == NEVER
    return bool({*change.changed} - {"tm_update"})


def _revision(row: RevisionRow, changes: Sequence[ObjectChange]) -> Revision:
    return Revision(**row._asdict(), changes=changes)


def _object_change(row: ChangeRow, encryption: Encryption) -> ObjectChange:
    before, after = opened(row.kind, row.before, encryption), opened(row.kind, row.after, encryption)
    changed = [name for name in after or {} if before is None or before.get(name) != (after or {}).get(name)]
    return ObjectChange(row.kind, row.object_id, _masked(row.kind, before), _masked(row.kind, after), changed)


def opened(kind: str, text: str | None, encryption: Encryption) -> dict[str, Any] | None:
    """A record out of a revision with its secrets open: for undo, never for an answer."""
    if text is None:
        return None
    record: dict[str, Any] = json.loads(text)
    return record | {name: encryption.decrypt(record[name]) for name in KINDS[kind].sealed}


def _masked(kind: str, record: dict[str, Any] | None) -> dict[str, Any] | None:
    if record is None:
        return None
    secret = KINDS[kind].secret
    return {name: MASK if name in secret and _is_set(value) else value for name, value in record.items()}


def _is_set(secret: str) -> bool:
    """Whether there is a secret, also one that cannot be decrypted."""
    return secret != "" or isinstance(secret, Undecrypted)
