"""Loop 5: checks every entry of the replica, so that damage that no call meets is repaired too."""

import asyncio

import structlog

from dialplane.companion.heartbeat import Heartbeats
from dialplane.companion.tables import ReplicaTables, ReplicaUnusable
from dialplane.replica.check import Position

LOOP = "check"
PAUSE_S = 0.02
"""Between two portions, for the other loops: the check takes a twentieth of a processor."""

LONGEST_PAUSE_S = 10.0

log = structlog.get_logger()


class TableCheck:
    """Checks the whole replica each `every_s` seconds, first when the companion starts."""

    def __init__(self, tables: ReplicaTables, *, heartbeats: Heartbeats, every_s: float) -> None:
        self._tables = tables
        self._heartbeats = heartbeats
        self._every_s = every_s

    async def run(self) -> None:
        """Check for ever. Damage is marked, and the follower of the feed loads the replica again."""
        while True:
            try:
                await self._check()
            except ReplicaUnusable as error:
                log.error("replica found damaged", why=str(error))
            await self._wait()

    async def _check(self) -> None:
        position: Position | None = Position()
        while position is not None:
            self._heartbeats.beat(LOOP)
            position = await self._heartbeats.during(LOOP, self._tables.check_entries(position))
            await asyncio.sleep(PAUSE_S)

    async def _wait(self) -> None:
        left_s = self._every_s
        while left_s > 0:
            self._heartbeats.beat(LOOP)
            pause_s = min(left_s, LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)
            left_s -= pause_s
