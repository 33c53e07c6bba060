"""Slots: never more than there are, never more than one caller may have, and turns caller by caller."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.system.slots import EVERYBODY, NoFreeSlot, Slots

pytestmark = pytest.mark.anyio


def test_a_caller_has_its_share_and_all_together_have_what_there_is() -> None:
    slots = Slots(3, each=2)
    slots.enter("a", 2)
    with pytest.raises(NoFreeSlot) as own:
        slots.enter("a")
    slots.enter("b")
    with pytest.raises(NoFreeSlot) as all_in_use:
        slots.enter("c")
    assert (own.value.is_own, all_in_use.value.is_own) == (True, False)
    slots.leave("a")
    slots.enter("c")
    assert slots.held == 3


async def test_a_caller_that_asks_often_does_not_keep_others_waiting() -> None:
    slots = Slots(1, each=1)
    slots.enter("busy")
    served: list[str] = []

    async def ask(caller: str) -> None:
        await slots.wait(caller, within_s=5)
        served.append(caller)
        await asyncio.sleep(0)
        slots.leave(caller)

    asked = [asyncio.create_task(ask(caller)) for caller in ["busy"] * 10 + ["quiet"]]
    await asyncio.sleep(0)
    slots.leave("busy")
    await asyncio.gather(*asked)
    assert served.index("quiet") == 1
    assert slots.held == 0


async def test_a_slot_is_free_for_others_while_a_caller_waits_for_more_than_its_share() -> None:
    slots = Slots(2, each=1)
    slots.enter("a")
    waiting = asyncio.create_task(slots.wait("a", within_s=5))
    await asyncio.sleep(0)
    await slots.wait("b", within_s=0.1)
    assert not waiting.done()
    slots.leave("a")
    await waiting
    assert slots.held == 2


async def test_whoever_gives_up_leaves_no_slot_taken() -> None:
    slots = Slots(1, each=1)
    slots.enter("a")
    with pytest.raises(TimeoutError):
        await slots.wait("b", within_s=0.01)
    cancelled = asyncio.create_task(slots.wait("c", within_s=5))
    handed_on_too_late = asyncio.create_task(slots.wait("d", within_s=5))
    await asyncio.sleep(0)
    cancelled.cancel()
    slots.leave("a")
    handed_on_too_late.cancel()
    await asyncio.gather(cancelled, handed_on_too_late, return_exceptions=True)
    assert slots.held == 0
    await slots.wait("e", within_s=0.01)


@given(
    total=st.integers(1, 4),
    each=st.integers(1, 3),
    steps=st.lists(st.tuples(st.sampled_from(["a", "b", "c", EVERYBODY]), st.booleans(), st.booleans()), max_size=30),
)
def test_the_bounds_hold_whoever_comes_waits_goes_and_gives_up(
    total: int, each: int, steps: list[tuple[str, bool, bool]]
) -> None:
    asyncio.run(_walk(Slots(total, each=each), steps))


async def _walk(slots: Slots, steps: list[tuple[str, bool, bool]]) -> None:
    turns: list[tuple[str, asyncio.Task[None]]] = []
    held: Counter[str] = Counter()
    for caller, comes, gives_up in steps:
        if comes:
            turns.append((caller, asyncio.create_task(slots.wait(caller, within_s=None))))
        elif held[caller]:
            held[caller] -= 1
            slots.leave(caller)
        if gives_up and turns:
            turns[-1][1].cancel()
        for _ in range(3):
            await asyncio.sleep(0)
        held.update(name for name, turn in turns if turn.done() and not turn.cancelled())
        turns = [one for one in turns if not one[1].done()]
        assert slots.held == held.total() <= slots.total
        assert all(count <= slots.each for name, count in held.items() if name != EVERYBODY)
        assert held.total() == slots.total or not any(
            name == EVERYBODY or held[name] < slots.each for name, _ in turns
        ), "nobody waits for a slot that it could have"
    for _, turn in turns:
        turn.cancel()
    await asyncio.gather(*(turn for _, turn in turns), return_exceptions=True)
