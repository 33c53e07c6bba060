"""A process that is killed before a statement of its own, any of them."""

import asyncio
import gc
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from dialplane.store.backend_postgresql import Postgresql
from dialplane.store.backend_sqlite import Sqlite

Step = Callable[[], None]


def run_and_die(
    work: Callable[[], Awaitable[None]], *, before: int, also: Callable[[Step], None] = lambda step: None
) -> bool:
    """Runs `work` in a process of its own, which is killed before its so manieth step; whether it came that far.

    Each statement is a step. `also` gets what counts one, to be called elsewhere too.
    """
    child = os.fork()
    if not child:
        gc.freeze()  # what the parent holds is not the child's to destroy: librdkafka would wait for threads it has not
        step = die_before(before)
        count_statements(step)
        also(step)
        asyncio.run(_awaited(work))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or not os.WEXITSTATUS(status)
    return os.WIFSIGNALED(status)


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def die_before(last: int) -> Step:
    numbers = iter(range(1, 1_000_000))

    def step() -> None:
        if next(numbers) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def count_statements(step: Step) -> None:
    """Calls `step` before each statement and commit of this process is carried out."""

    def notice(*_: object) -> None:
        step()

    event.listen(Engine, "before_cursor_execute", notice)
    event.listen(Engine, "commit", notice)
    for backend in (Sqlite, Postgresql):
        for name in ("rows_among", "insert_many", "update_many"):
            setattr(backend, name, _after(step, getattr(backend, name)))


def _after(step: Step, method: Callable[..., Any]) -> Callable[..., Any]:
    def called(*given: Any, **named: Any) -> Any:
        step()
        return method(*given, **named)

    return called
