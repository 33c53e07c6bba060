"""Waiting for a condition with a deadline: never for a guessed time."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.25
PAUSE_SHARE = 0.05


def eventually(condition: Callable[[], T], *, within_s: float = 10.0, what: str = "") -> T:
    """The first true value of the condition. Raises AssertionError after the deadline."""
    began = time.monotonic()
    while not (value := condition()):
        time.sleep(_pause_s(began, within_s, what))
    return value


async def eventually_async(condition: Callable[[], T], *, within_s: float = 10.0, what: str = "") -> T:
    """The same, without blocking the event loop."""
    began = time.monotonic()
    while not (value := condition()):
        pause_s = _pause_s(began, within_s, what)
        await asyncio.sleep(pause_s)
    return value


def _pause_s(began: float, within_s: float, what: str) -> float:
    """A twentieth of the time waited so far: soon enough, and it leaves the processor to what is waited for."""
    waited_s = time.monotonic() - began
    if waited_s > within_s:
        raise AssertionError(f"not within {within_s:g} s: {what or 'the condition'}")
    return min(max(waited_s * PAUSE_SHARE, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)
