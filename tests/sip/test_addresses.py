"""Carriers with several addresses."""

from tests.ports import free_port
from tests.sip.scenarios import ANSWER, SILENT, Caller, refuse
from tests.sip.stage import Stage


def test_the_next_address_is_used_in_the_same_attempt_where_one_cannot_be_reached(stage: Stage) -> None:
    stage.table.trunk()
    refusing, carrier = stage.carrier(refuse(503)), stage.carrier(ANSWER, transport="t1")
    stage.table.provider(refusing.hostname)
    provider = stage.table.provider("carrier.invalid", transport="tcp")
    edge = stage.shared_edge()
    edge.resolve(provider, f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}", carrier.hostname)

    stage.call(edge)

    [invite] = carrier.received("INVITE")
    assert invite.first_line == "INVITE sip:+821012345678@carrier.invalid;transport=tcp SIP/2.0"
    edge.await_events("call_ended")
    assert [event["n"] for event in edge.events("attempt_sent")] == [1, 2]
    assert [event["n"] for event in edge.events("attempt_ended")] == [1]


def test_where_no_address_can_be_reached_the_next_carrier_is_tried_at_once(stage: Stage) -> None:
    stage.table.trunk()
    provider = stage.table.provider("carrier.invalid", transport="tcp", no_response_timeout_s=30)
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.shared_edge()
    edge.resolve(provider, f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}")

    stage.call(edge)

    [ended] = edge.await_events("attempt_ended")
    assert (ended["n"], ended["verdict"], ended["status"]) == (1, "transport_error", None)


def test_where_no_other_carrier_is_left_a_silent_address_is_followed_by_the_next(stage: Stage) -> None:
    stage.table.trunk()
    refusing, silent, answering = stage.carrier(refuse(503)), stage.carrier(SILENT), stage.carrier(ANSWER)
    stage.table.provider(refusing.hostname)
    provider = stage.table.provider("carrier.invalid", no_response_timeout_s=1)
    edge = stage.shared_edge()
    edge.resolve(provider, silent.hostname, answering.hostname)

    stage.call(edge)

    assert silent.received("INVITE")
    edge.await_events("call_ended")
    assert [event["n"] for event in edge.events("attempt_sent")] == [1, 2]
    assert [event["n"] for event in edge.events("attempt_answered")] == [2]


def test_where_all_addresses_are_silent_the_attempt_ends_once(stage: Stage) -> None:
    stage.table.trunk()
    silent = [stage.carrier(SILENT) for _ in range(2)]
    provider = stage.table.provider("carrier.invalid", no_response_timeout_s=1)
    edge = stage.shared_edge()
    edge.resolve(provider, *(carrier.hostname for carrier in silent))

    stage.call(edge, Caller(expects=503))

    assert all(carrier.received("INVITE") for carrier in silent)
    [ended] = edge.await_events("attempt_ended")
    assert (ended["n"], ended["verdict"]) == (1, "timeout")


def test_a_silent_address_is_followed_by_the_next_carrier_where_there_is_one(stage: Stage) -> None:
    stage.table.trunk()
    silent, other, answering = stage.carrier(SILENT), stage.carrier(ANSWER), stage.carrier(ANSWER)
    provider = stage.table.provider("carrier.invalid", no_response_timeout_s=1)
    stage.table.provider(answering.hostname)
    edge = stage.shared_edge()
    edge.resolve(provider, silent.hostname, other.hostname)

    stage.call(edge)

    assert answering.received("INVITE")
    assert not other.received("INVITE")


def test_one_address_of_several_that_is_the_edge_itself_is_left_out(stage: Stage) -> None:
    stage.table.trunk()
    carrier = stage.carrier(ANSWER)
    provider = stage.table.provider("carrier.invalid")
    edge = stage.shared_edge()
    edge.resolve(provider, f"127.0.0.1:{edge.port}", carrier.hostname)

    stage.call(edge, Caller())

    assert len(carrier.received("INVITE")) == 1
