"""Answers kept by idempotency key."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, or_, select

from dialplane.store import tables
from dialplane.store.unit import Unit, Writing

_KEYS = tables.idempotency_keys.c


class KeptRow(NamedTuple):
    """A kept answer, as it is stored."""

    fingerprint: str
    status: int
    answer: str


_BY_KEY = select(_KEYS.fingerprint, _KEYS.status, _KEYS.answer).where(
    _KEYS.actor_id == bindparam("actor_id_"), _KEYS.key == bindparam("key_")
)
_OUTSIDE = (
    select(_KEYS.tm_create)
    .where(or_(_KEYS.tm_create < bindparam("before_"), _KEYS.tm_create > bindparam("after_")))
    .order_by(_KEYS.tm_create)
    .limit(bindparam("limit_"))
)
_DELETE_SOME = delete(tables.idempotency_keys).where(_KEYS.tm_create.in_(_OUTSIDE))
_INSERT = insert(tables.idempotency_keys)


async def find(unit: Unit, *, actor_id: str, key: str) -> KeptRow | None:
    """The answer that is kept for this key of this actor. Raises Unavailable."""
    found = await unit.fetch_as(KeptRow, _BY_KEY, {"actor_id_": actor_id, "key_": key}, short=True)
    return found[0] if found else None


async def add(unit: Writing, *, actor_id: str, key: str, now: int, kept: KeptRow) -> None:
    """Keeps an answer, from `now` (us) on. Raises Unavailable."""
    row = {"actor_id": actor_id, "key": key, "tm_create": now, **kept._asdict()}
    await unit.execute(_INSERT, [row], short=True)


async def delete_some(unit: Writing, *, before: int, after: int, limit: int) -> None:
    """Deletes `limit` of the answers kept before one instant, or after another, by a clock that was ahead.

    Raises Unavailable.
    """
    await unit.execute(_DELETE_SOME, [{"before_": before, "after_": after, "limit_": limit}], short=True)
