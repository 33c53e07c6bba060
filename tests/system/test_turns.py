"""Work on many items leaves the event loop to others in between, and requests begin a few at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dialplane.api.http.responses import page
from dialplane.domain.customer import Customer
from dialplane.system import turns
from dialplane.system.turns import BEGIN_AT_ONCE, Beginnings, in_turns
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


async def test_few_requests_begin_at_once_and_none_waits_for_all_of_another_caller() -> None:
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
    assert most <= BEGIN_AT_ONCE
    assert begun.index("modest") <= 2 * BEGIN_AT_ONCE
    assert begun.count("greedy") == 100
