"""Heartbeats of loops that wait for one another."""

import asyncio
from pathlib import Path

import pytest

from dialplane.companion.heartbeat import Heartbeats
from tests.waiting import eventually_async


def test_a_loop_that_waits_its_turn_beats_and_gets_what_it_waited_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        beats = Heartbeats(tmp_path / "companion.json", silence_limit_s=0.5)
        may_go_on = asyncio.Event()

        async def slow() -> int:
            await may_go_on.wait()
            return 7

        beats.beat("one")
        beats.beat("other")
        waiting = asyncio.create_task(beats.during("one", slow(), every_s=0.02))
        await eventually_async(lambda: "other" in beats.stalled())
        assert beats.stalled() == ["other"]
        may_go_on.set()
        assert await waiting == 7

    asyncio.run(scenario())


def test_what_goes_wrong_meanwhile_is_told_and_a_stop_stops_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        beats = Heartbeats(tmp_path / "companion.json")

        async def broken() -> None:
            raise ValueError("broken")

        with pytest.raises(ValueError, match="broken"):
            await beats.during("one", broken())
        work = asyncio.ensure_future(asyncio.Event().wait())
        waiting = asyncio.create_task(beats.during("one", work))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait((waiting,))
        await asyncio.wait((work,))
        assert work.cancelled()

    asyncio.run(scenario())
