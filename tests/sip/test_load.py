"""Many calls at once, and not one of them lost or counted twice."""

from collections import Counter

from tests.sip.scenarios import ANSWER, Caller, refuse
from tests.sip.stage import Stage

CALLS = 200


def test_200_calls_that_all_fail_over_are_all_answered_and_recorded_exactly_once(stage: Stage) -> None:
    stage.table.trunk()
    refusing = stage.carrier(refuse(503), traced=False)
    answering = stage.carrier(ANSWER, traced=False)
    stage.table.provider(refusing.hostname)
    stage.table.provider(answering.hostname)
    edge = stage.edge(workers=4)

    callers = stage.call(edge, Caller(talk_ms=500), calls=CALLS, per_second=50, traced=False)

    edge.await_events("call_ended", CALLS)
    assert callers.statistics("SuccessfulCall(C)") == CALLS
    counts = Counter(event["kind"] for event in edge.events())
    assert counts == {
        "call_started": CALLS,
        "attempt_sent": 2 * CALLS,
        "attempt_ended": CALLS,
        "attempt_ringing": CALLS,
        "attempt_answered": CALLS,
        "call_ended": CALLS,
    }
    for carrier in (refusing, answering):
        carrier.await_statistics("IncomingCall(C)", CALLS)
    assert len({event["id"] for event in edge.events()}) == sum(counts.values())
    per_call = Counter((event["call"], event["kind"], event.get("n")) for event in edge.events())
    assert set(per_call.values()) == {1}
