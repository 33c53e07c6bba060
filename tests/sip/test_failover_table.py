"""The failover table of docs/domain.md, section 5, row by row, over the wire."""

import asyncio
from collections import Counter
from functools import partial

import pytest

from dialplane.engine.failover import after
from tests.sip.edges import RunningEdge
from tests.sip.races import Behaviour, Caller, Carrier, in_parallel
from tests.sip.stage import Stage

STATUSES = (
    300, 302, 380,
    400, 401, 402, 403, 404, 405, 407, 408, 410, 415, 420, 421, 422, 423, 433, 480, 481, 482, 483, 484, 485, 486, 487,
    488, 491, 493,
    500, 501, 502, 503, 504, 505, 513, 580, 599,
    600, 603, 604, 606, 607, 608, 699,
)  # fmt: skip
NEXT_BEFORE_RINGING = {300, 302, 380, 401, 407, 604, 606, 699, *range(400, 600)} - {482, 483, 486, 600, 603, 607, 608}
"""Read from the paper, not from the code."""
NEXT_AFTER_RINGING = {300, 302, 380, 401, 407, *range(500, 600)}


Outcome = tuple[int, list[int]]
"""How many attempts a call made, and the final statuses that its caller heard."""


async def outcomes(stage: Stage, rings_with: int | None) -> tuple[RunningEdge, dict[int, Outcome]]:
    """For each status as a first carrier's, what became of a call to the number that ends in it."""
    rings_after_s = None if rings_with is None else 0.0
    refusing = Carrier(lambda number: Behaviour(rings_after_s, rings_with or 180, refuses_with=int(number[-3:])))
    answering = Carrier(lambda number: Behaviour(answers_after_s=0))
    for carrier in (refusing, answering):
        await carrier.open()
    stage.table.trunk()
    for carrier in (refusing, answering):
        stage.table.provider(carrier.hostname)
    edge = await asyncio.to_thread(stage.edge)
    caller = Caller(edge.port)
    await caller.open()
    try:
        seen = await in_parallel((partial(caller.call, f"+82{status}") for status in STATUSES), most=8)
    finally:
        for part in (caller, refusing, answering):
            part.close()
    await asyncio.to_thread(edge.await_events, "call_ended", len(STATUSES))
    calls = {event["sip_call_id"]: event["call"] for event in edge.events("call_started")}
    sent = Counter(event["call"] for event in edge.events("attempt_sent"))
    return edge, {
        status: (sent[calls[call.call_id]], call.statuses) for status, call in zip(STATUSES, seen, strict=True)
    }


@pytest.mark.parametrize(
    ("rings_with", "goes_on"),
    [(None, NEXT_BEFORE_RINGING), (180, NEXT_AFTER_RINGING), (183, NEXT_AFTER_RINGING)],
    ids=["before ringing", "after 180", "after 183"],
)
def test_each_status_leads_where_the_table_says(stage: Stage, rings_with: int | None, goes_on: set[int]) -> None:
    edge, heard = asyncio.run(outcomes(stage, rings_with))

    assert heard == {status: (2, [200]) if status in goes_on else (1, [status]) for status in STATUSES}
    ended = {event["status"]: event for event in edge.events("attempt_ended")}
    for status in STATUSES:
        step = after(status, ringing=rings_with is not None)
        assert (ended[status]["verdict"], ended[status]["action"]) == (step.verdict, step.action)
    assert len(edge.events("attempt_ringing")) == (0 if rings_with is None else len(STATUSES))
