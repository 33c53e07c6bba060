"""The requests that end a leg which answered too late."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialplane.edge.call.late_leg import LateAnswer, ending, uri_in
from tests.faults.counts import times

OURS = "<sip:198.51.100.1;lr;dp=abc>"


def late(**fields: Any) -> LateAnswer:
    settings = {
        "call_id": "1@caller",
        "caller": "<sip:+1555@caller>;tag=a",
        "callee": "<sip:+82@carrier>;tag=b",
        "cseq": 41,
        "contact": '"Gateway" <sip:gw@203.0.113.7:5070;transport=tcp>;expires=60',
        "record_routes": (OURS,),
        "source": "sip:203.0.113.1:5060",
        **fields,
    }
    return LateAnswer(**settings)


def test_an_ack_and_then_a_bye_go_to_the_contact_in_the_callers_name() -> None:
    ack, bye = ending(late(), own=";dp=")

    assert (ack.method, bye.method) == ("ACK", "BYE")
    assert ack.uri == bye.uri == bye.next_hop == "sip:gw@203.0.113.7:5070;transport=tcp"
    assert "CSeq: 41 ACK\r\n" in ack.headers
    assert bye.headers.split("\r\n") == [
        "From: <sip:+1555@caller>;tag=a", "To: <sip:+82@carrier>;tag=b", "Call-ID: 1@caller", "CSeq: 42 BYE",
        "Max-Forwards: 70", "",
    ]  # fmt: skip


def test_routes_are_those_between_us_and_the_callee_nearest_first() -> None:
    routes = ("<sip:10.0.0.3;lr>, <sip:10.0.0.2;lr>", f"{OURS}, <sip:192.0.2.9;lr>", "<sip:192.0.2.8;lr>")

    _, bye = ending(late(record_routes=routes), own=";dp=")

    assert [line for line in bye.headers.split("\r\n") if line.startswith("Route")] == [
        "Route: <sip:10.0.0.2;lr>", "Route: <sip:10.0.0.3;lr>",
    ]  # fmt: skip
    assert bye.next_hop == "sip:10.0.0.2;lr"


@pytest.mark.parametrize("contact", ["<sip:gw@carrier.example>", "sip:gw@carrier.example;q=1"])
def test_a_name_is_not_looked_up_the_request_goes_where_the_answer_came_from(contact: str) -> None:
    ack, _ = ending(late(contact=contact), own=";dp=")

    assert ack.uri == "sip:gw@carrier.example"
    assert ack.next_hop == "sip:203.0.113.1:5060"


@pytest.mark.parametrize(
    "contact", ["", "*", "<sip:a b@10.0.0.1>", "<sip:\x01@10.0.0.1>", "<sip:" + "a" * 3000 + "@10.0.0.1>", "<>"]
)
def test_without_a_usable_contact_both_go_to_where_the_answer_came_from(contact: str) -> None:
    for request in ending(late(contact=contact), own=";dp="):
        assert request.uri == request.next_hop == "sip:203.0.113.1:5060"


@pytest.mark.parametrize(
    ("contact", "uri", "next_hop"),
    [
        ('"Gate <7>" <sip:gw@10.0.0.1>', "sip:gw@10.0.0.1", "sip:gw@10.0.0.1"),
        ('"a \\" <sip:x@10.9.9.9>" <sip:gw@10.0.0.1>', "sip:gw@10.0.0.1", "sip:gw@10.0.0.1"),
        ("<SIP:gw@10.0.0.1:5070>", "SIP:gw@10.0.0.1:5070", "SIP:gw@10.0.0.1:5070"),
        ("<sips:gw@10.0.0.1>", "sips:gw@10.0.0.1", "sip:203.0.113.1:5060"),
        ("<tel:+82>", "tel:+82", "sip:203.0.113.1:5060"),
    ],
)
def test_every_form_of_a_contact_is_read(contact: str, uri: str, next_hop: str) -> None:
    for request in ending(late(contact=contact), own=";dp="):
        assert (request.uri, request.next_hop) == (uri, next_hop)


@pytest.mark.parametrize(
    ("header", "uri"),
    [
        ("<sip:[2001:db8::1]:5060>", "sip:[2001:db8::1]:5060"),
        ("sips:gw@10.0.0.1", "sips:gw@10.0.0.1"),
        ("<sip:10.0.0.1>", "sip:10.0.0.1"),
        ("<10.0.0.1>", ""),
    ],
)
def test_the_uri_of_a_contact(header: str, uri: str) -> None:
    assert uri_in(header) == uri


def test_routes_that_do_not_hold_ours_are_not_believed() -> None:
    _, bye = ending(late(record_routes=("<sip:10.0.0.3;lr>",)), own=";dp=")

    assert "Route" not in bye.headers


HOSTILE = st.one_of(
    st.text(max_size=80),
    st.text(alphabet="<>;,:@ \t\r\n\x00\x1b\x85\u2028sip=dp[]*1.", max_size=80),
    st.builds(
        "{}sip:{}@{}{}".format,
        st.sampled_from(["<", '"x" <', ""]),
        st.text(max_size=20),
        st.sampled_from(["10.0.0.1", "[2001:db8::1]", "[1", "host\r\nX: 1", "10.0.0.1\nX: 1", "999.1.1.1"]),
        st.sampled_from([">", ";lr>", "\r\n>", ">\r\nX: 1", ""]),
    ),
    st.just(OURS),
)


@settings(max_examples=times(250, 5_000))
@given(
    st.fixed_dictionaries({name: HOSTILE for name in ("caller", "callee", "call_id", "contact")}),
    st.lists(HOSTILE, max_size=6),
)
def test_no_header_breaks_it_or_gets_a_line_of_its_own(fields: dict[str, str], record_routes: list[str]) -> None:
    for request in ending(late(**fields, record_routes=record_routes), own=";dp="):
        names = [line.partition(":")[0] for line in request.headers.split("\r\n")]
        assert names == ["From", "To", "Call-ID", "CSeq", *["Route"] * names.count("Route"), "Max-Forwards", ""]
        assert not re.search(r"[\r\n\0]", request.headers.replace("\r\n", ""))
        assert not re.search(r"[\r\n\0 ]", request.uri + request.next_hop)


def test_a_folded_header_goes_on_in_one_line() -> None:
    ack, _ = ending(late(callee='"Gate"\r\n\t<sip:+82@carrier>;tag=b'), own=";dp=")

    assert 'To: "Gate" <sip:+82@carrier>;tag=b\r\n' in ack.headers


@pytest.mark.parametrize("route", ["<sip:10.0.0.2;lr\r\n X: 1>", "<tel:+1>", "<sip:a b@10.0.0.2;lr>"])
def test_a_route_that_is_no_sip_uri_is_not_believed(route: str) -> None:
    _, bye = ending(late(record_routes=(f"<sip:10.0.0.3;lr>, {route}", OURS)), own=";dp=")

    assert "Route" not in bye.headers
