"""What a caller waits longer for when the first carrier fails, in each way that it can, beside the bar for it."""

import statistics
from collections.abc import Sequence

import pytest

from tests.faults.counts import FULL, may_take_long, times
from tests.sip.scenarios import ANSWER, ONLY_TRYING, SILENT, Caller, Step, refuse
from tests.sip.stage import Stage

CALLS = times(5, 50)
REFUSES = ("refuses with 503", refuse(503), 0.02)
SAYS_NOTHING = ("says nothing", SILENT, 3.2)
SAYS_ONLY_TRYING = ("says 100 and nothing more", ONLY_TRYING, 8.2)
CASES = (REFUSES, SAYS_NOTHING, SAYS_ONLY_TRYING) if FULL else (REFUSES, SAYS_NOTHING)


@pytest.mark.alone
@may_take_long
@pytest.mark.parametrize(("what", "first", "most_s"), CASES, ids=[case[0] for case in CASES])
def test_a_first_carrier_that_fails_costs_the_caller_no_more_than_the_bar(
    stage: Stage, what: str, first: Sequence[Step], most_s: float
) -> None:
    stage.table.trunk()
    failing, answering = stage.carrier(first, traced=False), stage.carrier(ANSWER, traced=False)
    for carrier in (failing, answering):
        stage.table.provider(carrier.hostname)
    edge = stage.edge()

    stage.call(edge, Caller(talk_ms=100), calls=CALLS, per_second=20, traced=False)

    edge.await_events("call_ended", CALLS, within_s=30)
    began = {event["call"]: event["mono"] for event in edge.events("call_started")}
    second = {event["call"]: event["mono"] for event in edge.events("attempt_sent") if event["n"] == 2}
    assert second.keys() == began.keys()
    delays_s = sorted((second[call] - began[call]) / 1e9 for call in began)
    median_s, worst_s = statistics.median(delays_s), delays_s[-1]
    print(
        f"\nA first carrier that {what}: the second was tried after {1000 * median_s:,.1f} ms "
        f"(median of {CALLS} calls; {1000 * worst_s:,.1f} ms at most); the bar is {1000 * most_s:,.0f} ms"
    )
    assert median_s <= most_s
