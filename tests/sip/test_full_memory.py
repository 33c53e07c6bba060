"""An edge whose shared memory is nearly full refuses calls, and loses none."""

import asyncio
from functools import partial

import pytest

from tests.sip.races import Behaviour, Caller, Carrier, in_parallel
from tests.sip.stage import Stage

MEMORY_MB = 24
CALLS, AT_ONCE = 600, 20
"""Half of them fill that memory: with its BYE a call takes 50 kB, until 5 s after its last answer."""


async def _statuses(stage: Stage) -> list[int]:
    carrier = Carrier(lambda number: Behaviour(0.0, answers_after_s=0.0))
    await carrier.open()
    stage.table.trunk()
    stage.table.provider(carrier.hostname)
    edge = await asyncio.to_thread(stage.edge, shared_memory_mb=MEMORY_MB)
    caller = Caller(edge.port)
    await caller.open()
    try:
        seen = await in_parallel((partial(caller.call, f"+4930{n:06d}") for n in range(CALLS)), most=AT_ONCE)
    finally:
        caller.close()
        carrier.close()
    assert "shared memory is nearly full" in edge.log()
    answered = await asyncio.to_thread(edge.await_events, "call_ended", sum(call.statuses == [200] for call in seen))
    assert {event["status"] for event in answered} == {200}
    return [status for call in seen for status in call.statuses]


@pytest.mark.alone
def test_calls_beyond_its_memory_are_refused_and_none_is_lost(stage: Stage) -> None:
    statuses = asyncio.run(_statuses(stage))

    assert len(statuses) == CALLS
    assert set(statuses) == {200, 503}
