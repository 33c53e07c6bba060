"""Who may call, and what: the answers to calls that reach no carrier."""

from typing import Any

import pytest

from dialplane.domain.customer import FROZEN, Customer
from tests.sip.edges import RunningEdge, new_id
from tests.sip.scenarios import ANSWER, BUSY, Caller
from tests.sip.stage import Stage
from tests.sip.wire import peer


def open_edge(stage: Stage, *, target: str = "all", **trunk: Any) -> RunningEdge:
    stage.table.trunk(**trunk)
    stage.table.provider(stage.carrier(ANSWER).hostname, target=target)
    return stage.shared_edge()


def test_a_number_without_a_route_is_404(stage: Stage) -> None:
    edge = open_edge(stage, target="+49")

    stage.call(edge, Caller(number="+821012345678", expects=404))

    [rejected] = edge.await_events("call_rejected")
    assert (rejected["status"], rejected["reason"], rejected["number"]) == (404, "no_route", "+821012345678")
    assert edge.kinds() == ["call_rejected"]


@pytest.mark.parametrize(
    "user", ["alice", "+82abc", "1:pw", "12%00", "%D9%A3%D9%A4", "+" + "1" * 16, "4" * 40, "+", "+0123", "12%0d%0aX:"]
)
def test_what_is_not_a_number_is_484_and_no_carrier_is_tried(stage: Stage, user: str) -> None:
    edge = open_edge(stage)

    stage.call(edge, Caller(uri=f"sip:{user}@127.0.0.1:[remote_port]", expects=484))

    [rejected] = edge.await_events("call_rejected")
    assert (rejected["status"], rejected["reason"]) == (484, "invalid_number")


@pytest.mark.parametrize(
    ("uri", "number"),
    [
        ("tel:+82-10-1234-5678", "+821012345678"),
        ("tel:+821012345678;npdi", "+821012345678"),
        ("sip:00821012345678@127.0.0.1", "+821012345678"),
        ("sip:821012345678@127.0.0.1", "+821012345678"),
        ("sip:+82(10)1234.5678;phone-context=x@127.0.0.1;user=phone", "+821012345678"),
    ],
)
def test_what_was_dialled_becomes_a_number(stage: Stage, uri: str, number: str) -> None:
    edge = open_edge(stage)

    stage.call(edge, Caller(uri=uri))

    assert edge.await_events("call_started")[0]["number"] == number


def test_an_emergency_number_without_a_route_of_its_own_is_404(stage: Stage) -> None:
    edge = open_edge(stage, default_region="KR")

    stage.call(edge, Caller(number="119", expects=404))

    assert edge.await_events("call_rejected")[0]["reason"] == "emergency"


def test_an_unknown_source_is_403_and_leaves_no_record(stage: Stage) -> None:
    edge = open_edge(stage)

    stage.call(edge, Caller(expects=403), source="127.0.0.2")

    assert edge.events() == []


def test_a_disabled_trunk_lets_nobody_in(stage: Stage) -> None:
    edge = open_edge(stage, enabled=False)

    stage.call(edge, Caller(expects=403))


def test_a_scanner_is_403_whatever_its_address(stage: Stage) -> None:
    edge = open_edge(stage)

    stage.call(edge, Caller(expects=403, headers="User-Agent: friendly-scanner\n"))

    assert edge.events() == []


def test_a_frozen_customer_may_not_call(stage: Stage) -> None:
    stage.table.customer = Customer(id=stage.table.customer.id, status=FROZEN)
    edge = open_edge(stage)

    stage.call(edge, Caller(expects=403))

    assert edge.await_events("call_rejected")[0]["reason"] == "customer_frozen"


def test_a_trunk_whose_customer_is_deleted_may_not_call(stage: Stage) -> None:
    edge = open_edge(stage, customer_id=new_id())

    stage.call(edge, Caller(expects=403))

    [rejected] = edge.await_events("call_rejected")
    assert (rejected["status"], rejected["reason"]) == (403, "customer_missing")


@pytest.mark.parametrize("networks", [("127.0.0.0/8", "127.0.0.2/31"), ("127.0.0.2/31", "127.0.0.0/8")])
def test_a_trunk_is_found_by_the_most_specific_of_the_networks(stage: Stage, networks: tuple[str, str]) -> None:
    stage.table.provider(stage.carrier(ANSWER).hostname)
    trunks = {network: stage.table.trunk(allowed_ips=(network,)).id for network in networks}
    edge = stage.edge()

    for source in ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.200.1.1"):
        stage.call(edge, source=source)

    seen = [event["trunk_id"] for event in edge.await_events("call_started", 4)]
    wide, narrow = trunks["127.0.0.0/8"], trunks["127.0.0.2/31"]
    assert seen == [narrow, narrow, wide, wide]


def test_a_source_outside_every_network_is_403(stage: Stage) -> None:
    edge = open_edge(stage, allowed_ips=("127.0.0.2/31",))

    stage.call(edge, Caller(expects=403), source="127.0.0.4")

    assert edge.events() == []


def test_trunks_at_one_address_are_told_apart_by_domain_name(stage: Stage) -> None:
    carrier = stage.carrier(ANSWER)
    stage.table.provider(carrier.hostname)
    trunks = {name: stage.table.trunk(domain_name=name) for name in ("one.example", "two.example")}
    rest = stage.table.trunk()
    edge = stage.edge()

    for host in ("two.example", "one.example", "three.example"):
        stage.call(edge, Caller(from_host=host))

    seen = [event["trunk_id"] for event in edge.await_events("call_started", 3)]
    assert seen == [trunks["two.example"].id, trunks["one.example"].id, rest.id]


@pytest.mark.parametrize("named_in", ["request URI", "To"])
def test_trunks_at_one_address_are_told_apart_by_whom_the_caller_asks_for(stage: Stage, named_in: str) -> None:
    stage.table.provider(stage.carrier(BUSY).hostname)
    trunks = {name: stage.table.trunk(domain_name=name) for name in ("one.example", "two.example")}
    rest = stage.table.trunk()
    edge = stage.edge()

    with peer(edge.port) as caller:
        for host in ("two.example", "one.example", "three.example"):
            asked = caller.request(
                "INVITE", uri=f"sip:+82@{host if named_in == 'request URI' else 'elsewhere.example'}"
            )
            if named_in == "To":
                asked = asked.replace("To: <sip:+821012345678@127.0.0.1>", f"To: <sip:+82@{host}>")
            assert caller.ask(asked).startswith("SIP/2.0 486 ")

    seen = [event["trunk_id"] for event in edge.await_events("call_started", 3)]
    assert seen == [trunks["two.example"].id, trunks["one.example"].id, rest.id]


def test_a_trunk_may_not_hold_more_calls_than_its_channels(stage: Stage) -> None:
    stage.table.trunk(max_channels=1)
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge()
    with stage.calling(edge, Caller(talk_ms=2000)):
        edge.await_events("attempt_answered")

        call = stage.call(edge, Caller(expects=503))

    assert call.response(503).header("Retry-After") == "5"
    assert edge.await_events("call_rejected")[0]["reason"] == "trunk_channel_cap_full"
    edge.await_events("call_ended")
    stage.call(edge)


def test_a_preloaded_route_elsewhere_is_403(stage: Stage) -> None:
    elsewhere = stage.carrier(ANSWER)
    edge = open_edge(stage)

    for route in (
        f"<sip:{elsewhere.hostname};lr>",
        f"<sip:127.0.0.1:[remote_port];lr>,<sip:{elsewhere.hostname};lr>",
    ):
        stage.call(edge, Caller(expects=403, headers=f"Route: {route}\n"))

    assert not elsewhere.received("INVITE")


def test_the_edge_itself_as_outbound_proxy_is_allowed(stage: Stage) -> None:
    edge = open_edge(stage)

    stage.call(edge, Caller(headers="Route: <sip:127.0.0.1:[remote_port];lr>\n"))

    edge.await_events("call_ended")


def test_the_ack_of_a_refusal_that_went_by_an_outbound_proxy_ends_it(stage: Stage) -> None:
    stage.table.trunk()
    edge = stage.edge()
    with peer(edge.port) as caller:
        route = f"Route: <sip:127.0.0.1:{edge.port};lr>\n"
        invite = caller.request("INVITE", headers=route)
        caller.send(invite)
        refusal = caller.receive_final()
        assert refusal.startswith("SIP/2.0 404 ")
        caller.acknowledge(invite, refusal, headers=route)

        assert caller.receive_all(for_s=1.2) == [], "a refusal that nobody acknowledged comes again after half a second"


def test_a_call_over_tcp_goes_the_same_way(stage: Stage) -> None:
    edge = open_edge(stage)

    stage.call(edge, transport="t1")

    assert edge.await_events("call_ended")[0]["status"] == 200


def test_calls_that_come_at_once_never_hold_more_channels_than_the_trunk_has(stage: Stage) -> None:
    stage.table.trunk(max_channels=3)
    stage.table.provider(stage.carrier(ANSWER, traced=False).hostname)
    edge = stage.edge(workers=4)

    stage.attempt_call(edge, Caller(talk_ms=3000), calls=30, per_second=1000, traced=False)

    moments = [(event["at"], 1) for event in edge.events("call_started")]
    moments += [(event["at"], -1) for event in edge.await_events("call_ended", len(moments), within_s=30)]
    held = [sum(step for _, step in sorted(moments)[: place + 1]) for place in range(len(moments))]
    assert max(held) == 3
    assert {event["reason"] for event in edge.events("call_rejected")} == {"trunk_channel_cap_full"}


def test_a_trunk_beyond_its_calls_per_second_is_told_to_come_back(stage: Stage) -> None:
    stage.table.trunk(max_cps=2)
    stage.table.provider(stage.carrier(ANSWER, traced=False).hostname)
    edge = stage.edge()
    with peer(edge.port) as caller:
        answers = [caller.ask(caller.request("INVITE", uri="sip:+1@x")) for _ in range(12)]

    refused = [answer for answer in answers if answer.startswith("SIP/2.0 503 ")]
    assert refused
    assert all("\r\nRetry-After: 5\r\n" in answer for answer in refused)
    assert {event["reason"] for event in edge.events("call_rejected")} == {"trunk_cps_cap_full"}
    started = sorted(event["at"] for event in edge.events("call_started"))
    assert len(started) >= 2
    assert all(third - first > 990_000 for first, third in zip(started, started[2:], strict=False))


@pytest.mark.parametrize("uri", ["sips:+821012345678@127.0.0.1", "urn:service:sos"])
def test_a_scheme_that_cannot_be_served_is_416(stage: Stage, uri: str) -> None:
    stage.table.trunk()
    edge = stage.shared_edge()
    with peer(edge.port) as caller:
        assert caller.ask(caller.request("INVITE", uri=uri)).startswith("SIP/2.0 416 ")


def test_a_bye_outside_a_call_is_481(stage: Stage) -> None:
    stage.table.trunk()
    edge = stage.shared_edge()
    with peer(edge.port) as caller:
        assert caller.ask(caller.request("BYE")).startswith("SIP/2.0 481 ")
