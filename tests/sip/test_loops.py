"""A call that comes back to the edge: a loop ends at its first turn, a diversion goes on (RFC 5393)."""

from contextlib import ExitStack

import pytest

from tests.sip.loopers import looper
from tests.sip.scenarios import ANSWER, refuse
from tests.sip.scenarios import Caller as SippCaller
from tests.sip.stage import Stage
from tests.sip.wire import peer, peer_at_edge


@pytest.mark.parametrize("carriers", [1, 2, 3])
@pytest.mark.parametrize("hide_topology", [True, False])
def test_a_loop_ends_at_its_first_turn(stage: Stage, carriers: int, hide_topology: bool) -> None:
    with ExitStack() as stack:
        loopers = [stack.enter_context(looper()) for _ in range(carriers)]
        stage.table.trunk()
        for one in loopers:
            stage.table.provider(one.hostname)
        edge = stage.edge(hide_topology=hide_topology)
        for one in loopers:
            one.reach(edge.port)
        with peer(edge.port) as caller:
            answer = caller.ask(caller.request("INVITE"))

        assert answer.startswith("SIP/2.0 482 Loop Detected")
        [ended] = edge.await_events("call_ended")
        assert (ended["status"], ended["hangup_by"]) == (482, "callee")
        assert len(edge.events("call_started")) == 1
        sent = sum(len(one.invites) for one in loopers)
        assert sent == 1, "at most 3 are allowed"


def test_a_call_that_is_forwarded_through_the_edge_to_another_number_is_no_loop(stage: Stage) -> None:
    with looper(diverts_to="+4930123456") as forwarder, peer_at_edge() as carrier:
        stage.table.trunk()
        stage.table.provider(forwarder.hostname, target="+82")
        stage.table.provider(f"127.0.0.1:{carrier.port}", target="+49")
        edge = stage.edge(hide_topology=False)
        forwarder.reach(edge.port)
        carrier.reach(edge.port)
        with peer(edge.port) as caller:
            caller.send(caller.request("INVITE"))
            carrier.answer(carrier.receive_request("INVITE"), 200, tag="up")

            assert caller.receive_final().startswith("SIP/2.0 200 ")
        assert [event["number"] for event in edge.events("call_started")] == ["+821012345678", "+4930123456"]


@pytest.mark.parametrize("status", [482, 483])
def test_a_carriers_word_that_the_call_goes_in_a_circle_stops_it(stage: Stage, status: int) -> None:
    stage.table.trunk()
    first, second = stage.carrier(refuse(status)), stage.carrier(ANSWER)
    stage.table.provider(first.hostname)
    stage.table.provider(second.hostname)
    edge = stage.shared_edge()

    stage.call(edge, SippCaller(expects=status))

    assert not second.received("INVITE")
