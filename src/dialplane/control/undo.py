"""Undo: a revision reversed by a new one, unless an object that it touched has changed since."""

from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from dialplane.control import lifecycle, permissions, revisions
from dialplane.control.actor import Actor
from dialplane.control.nouns import NOUNS
from dialplane.control.units import Change
from dialplane.domain.errors import ChangedSince, ContentsGone, NotFound
from dialplane.domain.instants import NEVER
from dialplane.domain.kinds import KINDS, depth
from dialplane.domain.records import from_record, record_of
from dialplane.store import objects
from dialplane.store.objects import STORAGES, Storage
from dialplane.store.queries import revisions as queries
from dialplane.system.turns import Turn

ROWS_AT_ONCE = 1_000
"""Changes of the revision in memory at once."""

NAMED = 100
"""Objects that have changed since, named in a refusal at most."""

OBJECTS_AT_ONCE = 500
"""Objects that are restored in one step."""

First = tuple[str, str, Mapping[str, Any] | None]
"""Kind and id of an object, and its record before the revision (None: it was created there)."""


async def undo(unit: Change, actor: Actor, number: int) -> int:
    """Reverses revision `number` as part of the unit's own; how many objects that changed.

    Objects that it created are deleted, those that it changed or deleted are as they were before. Raises
    PermissionDenied, NotFound("revision"), ContentsGone, ChangedSince, and the refusals of the nouns themselves:
    ProviderInUse, Protected, AlreadyExists, TrunkAddressTaken.
    """
    permissions.require(actor, "revision.undo")
    if await queries.find(unit, number) is None:
        raise NotFound("revision")
    if not await queries.has_contents(unit, number):
        raise ContentsGone
    if changed := await queries.changed_since(unit, number, limit=NAMED):
        raise ChangedSince(changed)
    firsts = sorted([first async for first in _first_changes(unit, number)], key=_order)
    reversal = _Reversal(unit, actor)
    for kind, part in groupby(firsts, key=lambda first: first[0]):
        same_kind = list(part)
        for start in range(0, len(same_kind), OBJECTS_AT_ONCE):
            await reversal.reverse(STORAGES[kind], same_kind[start : start + OBJECTS_AT_ONCE])
    return len(firsts)


def _order(first: First) -> tuple[bool, int, str]:
    """An object is restored before those that refer to it, and deleted after them."""
    kind, _, before = first
    goes = before is None or before["tm_delete"] != NEVER
    return goes, depth(KINDS[kind]) * (-1 if goes else 1), kind


async def _first_changes(unit: Change, number: int) -> AsyncIterator[First]:
    """For each object its state before the revision, which may have touched it more than once."""
    seen, after, turn = set[str](), -1, Turn()
    while rows := await queries.changes(unit, number, after_seq=after, limit=ROWS_AT_ONCE):
        for row in rows:
            await turn.end_if_due()
            if row.object_id not in seen:
                seen.add(row.object_id)
                yield row.kind, row.object_id, revisions.opened(row.kind, row.before, unit.encryption)
        after = rows[-1].seq


class _Reversal:
    """Restores objects, some hundred of one kind at a time. Keeps the ids of those it has seen to be live."""

    def __init__(self, unit: Change, actor: Actor) -> None:
        self._unit = unit
        self._actor = actor
        self._live: set[str] = set()

    async def reverse(self, storage: Storage[Any], firsts: Sequence[First]) -> None:
        ids = [object_id for _, object_id, _ in firsts]
        present = await objects.find_all(self._unit, storage, ids)
        if len(present) < len(ids):
            raise ContentsGone
        pairs, turn = [], Turn()
        for _, object_id, before in firsts:
            await turn.end_if_due()
            restored = _restored(storage, present[object_id], before, self._unit.next_instant())
            if not _is_same(present[object_id], restored):
                noun = NOUNS[storage.kind.name]
                if restored.tm_delete == NEVER:
                    await self._refuse_dangling(storage, restored)
                restored = noun.restored(self._unit, present[object_id], restored)
                await noun.check(self._unit, self._actor, present[object_id], restored)
                await noun.check_undo(self._unit, restored)
                pairs.append((present[object_id], restored))
        if pairs:
            await objects.put_all(self._unit, storage, pairs)
            await self._unit.flush()

    async def _refuse_dangling(self, storage: Storage[Any], restored: Any) -> None:
        """Raises ChangedSince for an object that it refers to and that is deleted by now."""
        for name, kind in storage.kind.references.items():
            id_ = getattr(restored, name)
            if id_ in self._live:
                continue
            try:
                await lifecycle.live(self._unit, STORAGES[kind], id_)
            except NotFound:
                raise ChangedSince([(kind, id_, self._unit.version_of(id_))]) from None
            self._live.add(id_)


def _restored(storage: Storage[Any], present: Any, before: Mapping[str, Any] | None, now: int) -> Any:
    if before is None:
        return lifecycle.deleted(present, now)
    return lifecycle.with_fields(from_record(storage.kind.cls, before), tm_update=now)


def _is_same(present: Any, restored: Any) -> bool:
    """Whether nothing but the time of the change differs (compared as records: lists and tuples are alike there)."""
    return record_of(present) == record_of(lifecycle.with_fields(restored, tm_update=present.tm_update))
