"""A change and its revision: author, instant, and each object before and after, in the same transaction."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, insert, update

from dialplane.store import tables
from dialplane.store.encryption import Encryption
from dialplane.store.pool import Pool
from dialplane.store.unit import Writing

EncryptedRecord = Mapping[str, Any]
"""A record whose secrets are encrypted."""

_INSERT_REVISION = insert(tables.revisions)
_INSERT_CHANGE = insert(tables.revision_changes)
_SET_COUNT = (
    update(tables.revisions)
    .where(tables.revisions.c.number == bindparam("number_"))
    .values(change_count=bindparam("count_"))
)


class Author(Protocol):
    """Actor of a revision. `caller`: as whom limits count it."""

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def source_ip(self) -> str: ...
    @property
    def request_id(self) -> str: ...
    @property
    def caller(self) -> str: ...


class Change(Writing):
    """A transaction that is one revision: `revision` is its number, `instant` its moment.

    One that recorded nothing, or was discarded, is not committed and leaves no revision.
    """

    def __init__(
        self,
        pool: Pool,
        encryption: Encryption,
        *,
        now: Callable[[], int],
        steady_s: float,
        author: Author,
        operation: str,
    ) -> None:
        super().__init__(pool, encryption, now=now, steady_s=steady_s)
        self._author = author
        self._operation = operation
        self._pending: list[dict[str, Any]] = []
        self._written = 0
        self._counted = 0
        self._is_discarded = False

    def record(self, kind: str, object_id: str, before: EncryptedRecord | None, after: EncryptedRecord) -> None:
        """Records an object's states before and after this revision."""
        self._pending.append(
            {
                "revision": self.revision,
                "seq": self._written + len(self._pending),
                "kind": kind,
                "object_id": object_id,
                "before": None if before is None else json.dumps(before),
                "after": json.dumps(after),
            }
        )

    def count(self, objects: int) -> None:
        """Counts objects that the revision changes without a record of what they were, which must not be kept."""
        self._counted += objects

    def reserve_records(self, connection: Connection, count: int) -> int:
        """The `seq` of the first of so many records that are about to be inserted. In the unit's thread only."""
        first, self._written = self._written, self._written + count
        if first == 0:
            connection.execute(_INSERT_REVISION, self._row())
        return first

    @property
    def has_changed(self) -> bool:
        """Whether anything was recorded or counted: if so, it is a revision once it is committed."""
        return bool(self._pending or self._written or self._counted)

    async def flush(self) -> None:
        """Writes what was recorded so far, so that a large change does not pile up in memory."""
        await self.run(self._write_pending)

    def discard(self) -> None:
        """Rolls the change back at its end, without an exception: a dry run."""
        self._is_discarded = True

    def _take_clock(self, connection: Connection) -> None:
        super()._take_clock(connection)
        self.revision += 1

    def _complete(self, connection: Connection) -> bool:
        if self._is_discarded:
            return False
        flushed = self._written
        self._write_pending(connection)
        count = self._written + self._counted
        if flushed:
            connection.execute(_SET_COUNT, {"number_": self.revision, "count_": count})
        elif self._counted and not self._written:
            connection.execute(_INSERT_REVISION, self._row())
        return count > 0

    def _write_pending(self, connection: Connection) -> None:
        if self._pending:
            pending, self._pending = self._pending, []
            self.reserve_records(connection, len(pending))
            connection.execute(_INSERT_CHANGE, pending)

    def _row(self) -> dict[str, Any]:
        return {
            "number": self.revision,
            "instant": self.instant,
            "actor_kind": self._author.kind,
            "actor_id": self._author.id,
            "actor_name": self._author.name,
            "operation": self._operation,
            "source_ip": self._author.source_ip,
            "request_id": self._author.request_id,
            "change_count": self._written + self._counted,
        }
