"""The requests that end a leg which answered too late."""

from typing import Any

import pytest

from dialplane.edge.legs import LateAnswer, ending, uri_in

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
    "contact", ["", "*", "<tel:+82>", "<sip:a b@10.0.0.1>", "<sip:\x01@10.0.0.1>", "<sip:" + "a" * 3000 + "@10.0.0.1>"]
)
def test_without_a_usable_contact_nothing_can_be_sent(contact: str) -> None:
    assert ending(late(contact=contact), own=";dp=") == ()


@pytest.mark.parametrize(
    ("header", "uri"),
    [
        ("<sip:[2001:db8::1]:5060>", "sip:[2001:db8::1]:5060"),
        ("sips:gw@10.0.0.1", "sips:gw@10.0.0.1"),
        ("<sip:10.0.0.1>", "sip:10.0.0.1"),
        ("<http://10.0.0.1>", ""),
    ],
)
def test_the_uri_of_a_contact(header: str, uri: str) -> None:
    assert uri_in(header) == uri


def test_routes_that_do_not_hold_ours_are_not_believed() -> None:
    _, bye = ending(late(record_routes=("<sip:10.0.0.3;lr>",)), own=";dp=")

    assert "Route" not in bye.headers
