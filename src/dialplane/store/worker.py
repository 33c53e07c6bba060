"""Database work in threads, never left half-way.

A statement that has begun always ends before its caller goes on, cancelled or not: a cancelled request can then
neither split a transaction nor share a connection with the next one.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


async def run_to_end(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """The result of `work`, called in a thread. A cancellation is raised only once the work has ended."""
    future = asyncio.get_running_loop().run_in_executor(threads, work)
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.shield(future)
        except asyncio.CancelledError as error:
            cancelled = error
        except Exception:
            break
    if cancelled is not None:
        future.exception()
        raise cancelled
    return future.result()
