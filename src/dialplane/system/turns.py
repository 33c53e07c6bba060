"""Turns of the event loop: work on many items leaves it to others in between."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 2
"""Items of one turn: a page of 100 calls takes 20 ms to show, which every other request would wait for."""


async def in_turns(items: Iterable[T], work: Callable[[T], R]) -> list[R]:
    """The result of `work` for each item, in order; whatever else is ready on the loop goes on after each AT_ONCE."""
    results: list[R] = []
    for item in items:
        if results and len(results) % AT_ONCE == 0:
            await asyncio.sleep(0)
        results.append(work(item))
    return results
