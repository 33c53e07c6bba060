"""What long work costs is counted by caller: with others there, whoever has taken most of it waits, and nobody else."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest

from dialplane.system.shares import BUSY, FREE_S, MOST_S, SHARE, THERE_S, Debts, Presence, Shares, TooLate
from tests.waiting import eventually_async

BEGAN = 1_000.0


class Seconds:
    """A clock to be set."""

    def __init__(self) -> None:
        self.now = BEGAN

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("costs", "after_s", "delays"),
    [
        pytest.param([("a", FREE_S)], 0, {"a": 0, "b": 0}, id="a little is free"),
        pytest.param([("a", FREE_S + 0.04)], 0, {"a": 0.04 / SHARE, "b": 0}, id="more waits for its part of the time"),
        pytest.param([("a", 0.5)] * 2, 0, {"a": 0.9 / SHARE, "b": 0}, id="costs add up"),
        pytest.param([("a", 0.5), ("b", 0.3)], 0, {"a": 0.8 / SHARE, "b": 0.4 / SHARE}, id="who owes pays in turn"),
        pytest.param([("a", 0.5), ("b", 0.3)], 0.4 / SHARE, {"a": 0.4 / SHARE, "b": 0}, id="all pay evenly"),
        pytest.param(
            [("a", 0.5), ("b", 0.1)], 0.4 / SHARE, {"a": 0.1 / SHARE, "b": 0}, id="one pays the rest of another's part"
        ),
        pytest.param([("a", 60.0)], 0, {"a": (MOST_S - FREE_S) / SHARE}, id="no more than the most is owed"),
        pytest.param([("a", 60.0)], MOST_S / SHARE, {"a": 0}, id="all is paid in the end"),
    ],
)
def test_who_owes_waits(costs: Sequence[tuple[str, float]], after_s: float, delays: dict[str, float]) -> None:
    debts = Debts()
    for caller, seconds in costs:
        debts.add(caller, seconds, now=BEGAN)
    assert {caller: debts.delay_s(caller, now=BEGAN + after_s) for caller in delays} == pytest.approx(delays)


@pytest.mark.parametrize(
    ("came", "has_others"),
    [
        pytest.param("", False, id="nobody"),
        pytest.param("aaa", False, id="a alone"),
        pytest.param("b", True, id="another"),
        pytest.param("ab", True, id="another after a"),
        pytest.param("ba", True, id="another before a"),
        pytest.param("baaaa", True, id="another a moment ago"),
    ],
)
def test_somebody_is_there_for_a_second(came: str, has_others: bool) -> None:
    presence = Presence()
    for caller in came:
        presence.note(caller, now=BEGAN)
    assert presence.has_others("a", now=BEGAN + THERE_S / 2) == has_others
    assert not presence.has_others("a", now=BEGAN + THERE_S)


pytestmark = pytest.mark.anyio


async def begun(shares: Shares, stack: AsyncExitStack, *callers: str) -> list[bool]:
    """Which of these pieces of long work have begun by the time that all that can has."""
    tasks = [asyncio.ensure_future(stack.enter_async_context(shares.turn(caller, within_s=60))) for caller in callers]
    for task in tasks:
        stack.callback(task.cancel)
    for _ in range(10):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


@pytest.mark.parametrize(
    ("there", "wanted", "owed", "expected"),
    [
        pytest.param("", "aaaaaaaa", 0.5, "aaaaaaaa", id="alone: all at once, whatever it owes"),
        pytest.param("b", "aa", 0.5, "aa", id="no queue: at once, whatever it owes"),
        pytest.param("b", "abb", 0.0, "abb", id="others with little: at once"),
        pytest.param("b", "aaaaaaaab", 0.0, "aaab", id="a queue: one more at a time, and the other's at once"),
        pytest.param("b", "aaaaaaaab", 0.5, "aab", id="a queue of one who owes: the other's alone"),
    ],
)
async def test_a_queue_of_one_caller_keeps_no_other_waiting(
    there: str, wanted: str, owed: float, expected: str
) -> None:
    shares = Shares(now=Seconds())
    for caller in there:
        shares.note(caller)
    if owed:
        shares.charge("a", owed)
    async with AsyncExitStack() as stack:
        have_begun = await begun(shares, stack, *wanted)
        assert "".join(caller for caller, has_begun in zip(wanted, have_begun, strict=True) if has_begun) == expected


async def test_page_after_page_beside_one_who_asks_for_little_never_waits() -> None:
    """The clock stands still, so that no wait would end: what it costs is never asked for."""
    shares = Shares(now=Seconds())
    async with asyncio.timeout(20):
        for _ in range(1_000):
            shares.note("pages")
            async with shares.turn("pages", within_s=5.0):
                shares.charge("pages", 0.01)
                shares.note("light")
                async with shares.turn("light", within_s=5.0):
                    shares.charge("light", 0.001)


async def test_whoever_waits_goes_on_once_it_has_paid_or_all_others_have_gone() -> None:
    for later_s in (0.5 / SHARE, THERE_S):
        clock = Seconds()
        shares = Shares(now=clock)
        shares.note("b")
        shares.charge("a", 0.5)
        async with AsyncExitStack() as stack:
            for _ in range(BUSY):
                await stack.enter_async_context(shares.turn("a", within_s=None))
            waiting = asyncio.ensure_future(stack.enter_async_context(shares.turn("a", within_s=None)))
            await asyncio.sleep(0)
            assert not waiting.done()
            clock.now += later_s
            await eventually_async(waiting.done, within_s=20, what="it goes on")


async def test_a_turn_that_comes_too_late_is_refused() -> None:
    clock = Seconds()
    shares = Shares(now=clock)
    shares.note("b")
    shares.charge("a", 1.0)
    async with AsyncExitStack() as stack:
        for _ in range(BUSY):
            await stack.enter_async_context(shares.turn("a", within_s=None))
        with pytest.raises(TooLate):
            async with shares.turn("a", within_s=0.5):
                pass
        await stack.enter_async_context(shares.turn("b", within_s=0.5))


async def test_what_is_charged_is_what_the_steps_of_a_piece_of_work_take_and_no_wait() -> None:
    charged: list[float] = []

    class Noted(Shares):
        def charge(self, caller: str, seconds: float) -> None:
            charged.append(seconds)

    shares = Noted()

    async def work(seconds: float) -> str:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0.05)
        ends = loop.time() + seconds
        while loop.time() < ends:
            pass
        return "done"

    assert await shares.charged("a", work(0.0)) == "done"
    assert charged.pop() < 0.04
    assert await shares.charged("a", work(0.1)) == "done"
    assert charged.pop() > 0.0
    with pytest.raises(ZeroDivisionError):
        await shares.charged("a", failing())
    assert len(charged) == 1, "what fails costs, too"


async def failing() -> None:
    await asyncio.sleep(0)
    raise ZeroDivisionError
