"""What a caller waits longer for when the first carrier fails, in each way that it can, beside the bar for it."""

import statistics
from collections.abc import Sequence

import pytest

from tests.faults.counts import FULL, may_take_long, times
from tests.sip.edges import RunningEdge
from tests.sip.scenarios import ANSWER, ONLY_TRYING, SILENT, Caller, Step, refuse
from tests.sip.stage import Stage

CALLS = times(5, 50)
REFUSES = ("refuses with 503", refuse(503), 0.02)
SAYS_NOTHING = ("says nothing", SILENT, 3.2)
SAYS_ONLY_TRYING = ("says 100 and nothing more", ONLY_TRYING, 8.2)
BREAKER_OPEN_S = 0.05
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

    delays_s = delays_until_sent(edge, 2)
    assert len(delays_s) == CALLS
    hold_to(most_s, delays_s, f"A first carrier that {what}: the second was tried")


@pytest.mark.alone
@may_take_long
def test_a_dead_first_carrier_behind_an_open_breaker_costs_next_to_nothing(stage: Stage) -> None:
    stage.table.trunk()
    dead, answering = stage.carrier(SILENT, traced=False), stage.carrier(ANSWER, traced=False)
    dead_id = stage.table.provider(dead.hostname, no_response_timeout_s=1).id
    stage.table.provider(answering.hostname)
    edge = stage.edge(breaker_failures=1, breaker_open_s=3600)
    stage.call(edge, Caller(talk_ms=100), traced=False)
    assert [event["state"] for event in edge.await_events("provider_breaker")] == ["open"]

    stage.call(edge, Caller(talk_ms=100), calls=CALLS, per_second=20, traced=False)

    delays_s = delays_until_sent(edge, 1, after=1)
    assert len(delays_s) == CALLS
    assert [event["provider_id"] for event in edge.events("attempt_sent")].count(dead_id) == 1
    hold_to(BREAKER_OPEN_S, delays_s, "A dead first carrier behind an open breaker: the second was tried")


def delays_until_sent(edge: RunningEdge, n: int, *, after: int = 0) -> list[float]:
    """From the beginning of each call to its attempt `n`, in seconds, shortest first; not of the first `after`."""
    edge.await_events("call_ended", after + CALLS, within_s=30)
    began = {event["call"]: event["mono"] for event in edge.events("call_started")[after:]}
    sent = {event["call"]: event["mono"] for event in edge.events("attempt_sent") if event["n"] == n}
    return sorted((sent[call] - began[call]) / 1e9 for call in began)


def hold_to(most_s: float, delays_s: Sequence[float], what: str) -> None:
    """The bar is for the worst of many; the worst of a few, beside other tests, tells of the machine."""
    median_s, worst_s = statistics.median(delays_s), delays_s[-1]
    print(
        f"\n{what} after {1000 * median_s:,.1f} ms (median of {len(delays_s)} calls; {1000 * worst_s:,.1f} ms at "
        f"most); the bar is {1000 * most_s:,.0f} ms"
    )
    assert (worst_s if FULL else median_s) <= most_s
