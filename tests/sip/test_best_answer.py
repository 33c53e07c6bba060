"""What the caller hears when no carrier is left: the best answer, a carrier's own, with its headers."""

import pytest

from tests.sip.scenarios import Caller, refuse
from tests.sip.stage import Stage

TOLD = {
    422: {"Min-SE": "1800"},
    420: {"Unsupported": "100rel"},
    421: {"Require": "timer"},
    415: {"Accept": "application/sdp"},
    488: {"Warning": '304 carrier "no codec"'},
    404: {"Reason": 'Q.850;cause=1;text="Unallocated"'},
    480: {"Reason": "Q.850;cause=18", "Retry-After": "60"},
    **{status: {"Reason": "Q.850;cause=21"} for status in (433, 428, 494, 413, 403, 410, 487, 606, 405, 604)},
}


def lines(headers: dict[str, str]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in headers.items())


@pytest.mark.parametrize("script_carries", [True, False])
@pytest.mark.parametrize("is_last", [True, False])
def test_a_refusal_that_tells_the_caller_something_reaches_it_whole(
    stage: Stage, script_carries: bool, is_last: bool
) -> None:
    """Whether its carrier was the last, or one that fails follows."""
    stage.table.trunk()
    for status, headers in TOLD.items():
        telling = stage.carrier(refuse(status, headers=lines(headers)))
        failing = stage.carrier(refuse(503, headers="Retry-After: 99\n"))
        for carrier in (failing, telling) if is_last else (telling, failing):
            stage.table.provider(carrier.hostname, target=f"+82{status}")
    edge = stage.edge(script_carries=script_carries)

    for status, headers in TOLD.items():
        call = stage.call(edge, Caller(number=f"+82{status}1234", expects=status))
        answer = call.response(status)
        assert {name: answer.header(name) for name in headers} == headers
        if "Retry-After" not in headers:
            assert answer.header("Retry-After") is None
    ended = edge.await_events("call_ended", len(TOLD))
    assert [(event["status"], event["hangup_by"]) for event in ended] == [(status, "edge") for status in TOLD]


def test_503_asks_to_try_again_where_no_carrier_can_serve_at_all(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(refuse(503, headers="Retry-After: 99\n")).hostname)
    stage.table.provider(stage.carrier(refuse(500)).hostname)
    edge = stage.shared_edge()

    assert stage.call(edge, Caller(expects=503)).response(503).header("Retry-After") == "5"
