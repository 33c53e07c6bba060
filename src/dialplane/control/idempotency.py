"""Idempotency keys: a POST that is sent again gets the first answer again, and does nothing twice.

The key and its answer are stored in the transaction of the change itself, so there is no moment at which one is there
without the other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from dialplane.control.actor import Actor
from dialplane.control.units import Change, Undecrypted, Unit
from dialplane.domain.errors import DialplaneError, InvalidValue, SecretsMissing
from dialplane.domain.instants import DAY_US
from dialplane.store.queries import idempotency as queries
from dialplane.store.queries.idempotency import KeptRow

MAX_KEY = 255
KEPT_US = DAY_US
"""How long an answer is kept at least: a day."""

DELETED_AT_ONCE = 100
"""Older answers that are deleted with each new one, so that no request has to delete those of a whole day."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The first answer: HTTP status and body."""

    status: int
    answer: str


class KeyReused(DialplaneError):
    """The key was used before, for another request."""


class KeyInUse(DialplaneError):
    """The first request with this key has not been answered yet."""


class KeysInUse:
    """The keys whose first request this process is carrying out (the writer's lock makes other processes wait)."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()

    @contextmanager
    def using(self, actor: Actor, key: str) -> Iterator[None]:
        """Around the whole request. Raises KeyInUse if one with the same key is under way."""
        if (actor.id, key) in self._keys:
            raise KeyInUse
        self._keys.add((actor.id, key))
        try:
            yield
        finally:
            self._keys.discard((actor.id, key))


def parse_key(text: str) -> str:
    """1 to 255 printable ASCII characters. Raises InvalidValue."""
    if not 1 <= len(text) <= MAX_KEY or not text.isascii() or not text.isprintable():
        raise InvalidValue("Idempotency-Key", "invalid_key", f"must be 1 to {MAX_KEY} printable ASCII characters")
    return text


def fingerprint_of(*parts: bytes) -> str:
    """Hash of a request's method, path and body, each preceded by its length so that they cannot run together."""
    return sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()


async def find(unit: Unit, actor: Actor, key: str, fingerprint: str) -> Kept | None:
    """The answer that was kept for this key, or None. In a changing unit, before anything is done in it.

    Raises KeyReused if it was kept for another fingerprint, SecretsMissing if it cannot be decrypted.
    """
    row = await queries.find(unit, actor_id=actor.id, key=key)
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise KeyReused
    answer = unit.encryption.decrypt(row.answer)
    if isinstance(answer, Undecrypted):
        raise SecretsMissing
    return Kept(row.status, answer)


async def keep(unit: Change, actor: Actor, key: str, fingerprint: str, kept: Kept) -> None:
    """Stores the answer, encrypted (it may hold a token that is answered once), in the change's own transaction."""
    now = unit.now()
    await queries.delete_some(unit, before=now - KEPT_US, after=now + KEPT_US, limit=DELETED_AT_ONCE)
    row = KeptRow(fingerprint, kept.status, unit.encryption.encrypt(kept.answer))
    await queries.add(unit, actor_id=actor.id, key=key, now=now, kept=row)
