"""Work on many items leaves the event loop to others in between, and requests begin a few at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dialplane.api.http.responses import page
from dialplane.domain.customer import Customer
from dialplane.system import turns
from dialplane.system.turns import BEGIN_AT_LEAST, BEGIN_AT_MOST, BEGIN_FOR_S, Beginnings, at_this_pace, in_turns
from tests.control.seen import uuid_of

pytestmark = pytest.mark.anyio

ITEMS = range(20)


async def most_at_once(carry_out: Callable[[Callable[[Any], dict[str, int]]], Awaitable[object]]) -> int:
    """Items worked on, at most, between two turns of another task."""
    counts = [0]

    def work(_: Any) -> dict[str, int]:
        counts[-1] += 1
        return {}

    async def wait_for_turns() -> None:
        while True:
            counts.append(0)
            await asyncio.sleep(0)

    other = asyncio.ensure_future(wait_for_turns())
    await carry_out(work)
    other.cancel()
    assert sum(counts) == len(ITEMS)
    return max(counts)


async def test_results_come_in_order() -> None:
    assert await in_turns(ITEMS, lambda item: -item) == [-item for item in ITEMS]
    assert await in_turns([], str) == []


@pytest.mark.parametrize(("turn_s", "most"), [(0.0, 1), (600.0, len(ITEMS))])
async def test_another_task_has_a_turn_after_some_time(
    monkeypatch: pytest.MonkeyPatch, turn_s: float, most: int
) -> None:
    monkeypatch.setattr(turns, "TURN_S", turn_s)
    assert await most_at_once(lambda work: in_turns(ITEMS, work)) == most


async def test_a_page_of_a_list_is_shown_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN_S", 0.0)
    customers = [Customer(id=uuid_of(item), tm_create=item) for item in ITEMS]
    assert await most_at_once(lambda work: page(customers, work)) == 1


@pytest.mark.parametrize(
    ("begun", "lasted_s", "next_at_once"),
    [
        (1, BEGIN_FOR_S / 5, 5),
        (4, BEGIN_FOR_S, 4),
        (8, BEGIN_FOR_S * 2, 4),
        (16, BEGIN_FOR_S * 16, BEGIN_AT_LEAST),
        (1, 10.0, BEGIN_AT_LEAST),
        (1, 0.0, BEGIN_AT_MOST),
        (16, BEGIN_FOR_S / 16, BEGIN_AT_MOST),
    ],
)
def test_as_many_begin_at_once_as_fit_in_their_time_by_what_the_last_ones_took(
    begun: int, lasted_s: float, next_at_once: int
) -> None:
    assert at_this_pace(begun, lasted_s) == next_at_once


@pytest.mark.parametrize(("begin_for_s", "at_once"), [(0.0, BEGIN_AT_LEAST), (600.0, BEGIN_AT_MOST)])
async def test_few_requests_begin_at_once_and_none_waits_for_all_of_another_caller(
    monkeypatch: pytest.MonkeyPatch, begin_for_s: float, at_once: int
) -> None:
    monkeypatch.setattr(turns, "BEGIN_FOR_S", begin_for_s)
    beginnings, begun = Beginnings(), list[str]()

    async def request(caller: str) -> None:
        await beginnings.wait(caller)
        begun.append(caller)

    greedy = [asyncio.ensure_future(request("greedy")) for _ in range(100)]
    modest = asyncio.ensure_future(request("modest"))
    most = seen = 0
    while not all(task.done() for task in (*greedy, modest)):
        await asyncio.sleep(0)
        most, seen = max(most, len(begun) - seen), len(begun)
    assert most == at_once
    assert begun.index("modest") <= 2 * at_once
    assert begun.count("greedy") == 100


async def test_long_work_has_one_part_of_a_turn_however_many_do_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN_S", 0.0)

    async def several(work: Callable[[Any], dict[str, int]]) -> None:
        thirds = (ITEMS[:6], ITEMS[6:12], ITEMS[12:])
        await asyncio.gather(*(in_turns(third, work) for third in thirds))

    assert await most_at_once(several) == 1


async def test_a_list_after_a_list_has_no_more_of_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN_S", 0.01)

    async def one_after_the_other(work: Callable[[Any], dict[str, int]]) -> None:
        def takes_long(item: int) -> None:
            time.sleep(0.006)
            work(item)

        for item in ITEMS:
            await in_turns([item], takes_long)

    assert await most_at_once(one_after_the_other) <= 2


async def test_who_goes_away_before_its_turn_leaves_it_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN_S", 0.0)
    lists = [asyncio.ensure_future(in_turns(ITEMS, lambda item: item)) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for gone in lists[:2]:
        gone.cancel()
    assert await asyncio.wait_for(lists[2], timeout=20) == list(ITEMS)
    assert await asyncio.wait_for(in_turns(ITEMS, lambda item: item), timeout=20) == list(ITEMS)
