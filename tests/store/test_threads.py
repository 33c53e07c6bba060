"""Database work in threads: what is abandoned ends, too."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dialplane.store.threads import Abandoned, run_within

pytestmark = pytest.mark.anyio


async def test_work_that_is_abandoned_before_its_statement_begins_is_interrupted_once_it_has() -> None:
    may_begin, is_going_on, is_interrupted = threading.Event(), threading.Event(), threading.Event()
    has_ended = threading.Event()

    def work() -> bool:
        may_begin.wait(10)
        is_going_on.set()
        return is_interrupted.wait(10)

    def interrupt() -> None:
        if is_going_on.is_set():
            is_interrupted.set()

    with ThreadPoolExecutor(1) as threads:
        with pytest.raises(Abandoned):
            await run_within(
                threads,
                work,
                within_s=0.01,
                when_abandoned=has_ended.set,
                interrupt=interrupt,
            )
        may_begin.set()
        assert await asyncio.to_thread(has_ended.wait, 5)
    assert is_interrupted.is_set()
