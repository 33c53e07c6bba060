"""Work on many items leaves the event loop to others in between."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dialplane.api.http.responses import page
from dialplane.domain.customer import Customer
from dialplane.system.turns import AT_ONCE, in_turns
from tests.control.seen import uuid_of

pytestmark = pytest.mark.anyio

ITEMS = range(10 * AT_ONCE)


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


async def test_another_task_has_a_turn_after_a_few_items() -> None:
    assert await most_at_once(lambda work: in_turns(ITEMS, work)) == AT_ONCE


async def test_a_page_of_a_list_is_shown_in_turns() -> None:
    customers = [Customer(id=uuid_of(item), tm_create=item) for item in ITEMS]
    assert await most_at_once(lambda work: page(customers, work)) == AT_ONCE
