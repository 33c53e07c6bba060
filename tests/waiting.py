"""Waiting for a condition with a deadline: never for a guessed time."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], *, within_s: float = 10.0, what: str = "") -> T:
    """The first true value of the condition. Raises AssertionError after the deadline."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:g} s: {what or 'the condition'}")
        time.sleep(0.02)
    return value


async def eventually_async(condition: Callable[[], T], *, within_s: float = 10.0, what: str = "") -> T:
    """The same, without blocking the event loop."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:g} s: {what or 'the condition'}")
        await asyncio.sleep(0.02)
    return value
