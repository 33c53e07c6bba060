"""The replica for the companion's loops: all reads and writes on one thread, so that no loop waits or collides."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

import lmdb

from dialplane.client.feed import FeedTruncated, read_feed, require_end
from dialplane.domain.health import Health
from dialplane.domain.provider import Provider
from dialplane.replica.check import Position
from dialplane.replica.layout import DAMAGE, DAMAGED, ReplicaDamaged
from dialplane.replica.writer import ReplicaWriter

T = TypeVar("T")


class ReplicaUnusable(Exception):
    """The replica cannot be read or written now: a full disk, or damage. The message says which."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The result of one feed response: the revision reached, how many objects, and whether it was a full load."""

    revision: int
    objects: int
    full: bool


class ReplicaTables:
    """Opens or creates the replica in `folder`. A damaged one counts as revision 0 and is loaded again.

    `loads` counts full loads: after one, health and addresses may have been lost. `damages` counts those that repaired
    damage.
    """

    def __init__(self, folder: Path) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="replica")
        self._folder = folder
        self._writer = ReplicaWriter(folder)
        self.loads = 0
        self.damages = 0

    @property
    def revision(self) -> int:
        """The revision that the replica has; 0 if it needs a full load."""
        return 0 if self.damaged else self._writer.revision

    @property
    def epoch(self) -> str:
        """The epoch of the database that it is a copy of; "" if it needs a full load."""
        return "" if self.damaged else self._writer.epoch

    @property
    def damaged(self) -> bool:
        """Whether a reader has met damage since the last full load."""
        return self._writer.damaged

    async def take(self, response: IO[bytes]) -> Taken:
        """Apply a whole feed response, in one transaction or by one switch of generations.

        Raises FeedTruncated and ReplicaUnusable, both with nothing changed.
        """
        return await self._run(lambda: self._take_whole(response))

    async def load(self, lines: Iterable[bytes]) -> Taken:
        """Apply a full load whose lines are still coming; for a replica that there is nothing else to do with.

        Raises as `take` does, with nothing changed.
        """
        return await self._run(lambda: self._take(lines))

    async def providers(self) -> list[Provider]:
        """All live providers."""
        return await self._run(self._writer.providers)

    async def health(self) -> dict[str, Health]:
        """The stored health of the providers, by provider id."""
        return await self._run(self._writer.health)

    async def addresses(self) -> dict[tuple[str, str, str], Sequence[str]]:
        """The addresses last resolved (`address:port`), by the provider's id, hostname and transport."""
        return await self._run(self._writer.addresses)

    async def set_health(self, provider_id: str, health: Health) -> None:
        """Store a provider's health."""
        await self._run(lambda: self._writer.set_health(provider_id, health))

    async def set_addresses(self, provider: Provider, addresses: Sequence[str]) -> None:
        """Store the addresses that a provider's hostname leads to."""
        await self._run(lambda: self._writer.set_addresses(provider, addresses))

    async def check_entries(self, after: Position) -> Position | None:
        """Check the next entries after this position; None at the end. Damage is marked, and raises ReplicaUnusable."""
        return await self._run(lambda: self._writer.check_entries(after))

    async def forget(self) -> None:
        """Mark the replica as damaged, so that the next feed response is a full load."""
        await self._run(self._writer.close)

    def close(self) -> None:
        """Wait for the write under way and close the replica."""
        self._thread.shutdown()
        self._writer.close()

    async def _run(self, work: Callable[[], T]) -> T:
        """On the writing thread. Raises ReplicaUnusable; damage is also marked for the follower, which loads again."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (ReplicaDamaged, *DAMAGE) as error:
            (self._folder / DAMAGED).touch()
            raise ReplicaUnusable(str(error)) from error
        except (lmdb.Error, OSError) as error:
            raise ReplicaUnusable(f"{type(error).__name__}: {error}") from error

    def _take_whole(self, response: IO[bytes]) -> Taken:
        require_end(response)
        response.seek(0)
        return self._take(response)

    def _take(self, lines: Iterable[bytes]) -> Taken:
        head, changes = read_feed(lines)
        records = ((change.kind, change.record) for change in changes)
        if head.full:
            was_damaged = self.damaged
            if was_damaged:
                self._writer.close()  # so that nothing of it is carried over
            count = self._writer.replace(records, revision=head.revision, epoch=head.epoch)
            self.loads += 1
            self.damages += was_damaged
        elif head.epoch != self._writer.epoch:
            raise FeedTruncated("the changes are of another database than the replica")
        elif head.revision != self._writer.revision:
            count = self._writer.apply(records, revision=head.revision, epoch=head.epoch)
        else:
            count = sum(1 for _ in records)
        return Taken(head.revision, count, head.full)
