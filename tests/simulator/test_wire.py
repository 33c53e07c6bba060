"""SIP messages: kept as they came, refused when they are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane_simulator.wire import (
    MAX_HEADERS,
    MAX_MESSAGE,
    Malformed,
    Peer,
    Request,
    Response,
    parse_message,
    response_to,
    return_peer,
    split_list,
    tag_of,
    uri_of,
)
from tests.simulator.dialling import NUMBER, message


def request(data: bytes) -> Request:
    parsed = parse_message(data)
    assert isinstance(parsed, Request)
    return parsed


def test_a_message_survives_a_round_trip() -> None:
    parsed = request(message(body="v=0\r\n"))
    again = request(bytes(parsed))
    assert bytes(again) == bytes(parsed)
    assert (again.method, again.user, again.body, again.call_id) == ("INVITE", NUMBER, b"v=0\r\n", "call-1")


@pytest.mark.parametrize("uri", ["sip:00#4@10.0.0.1", "sip:a@host1", "sip:a@h.example;x=a%3Db", "tel:+1-201-555-0123"])
def test_a_request_uri_is_kept_as_it_was_sent(uri: str) -> None:
    assert request(message(f"INVITE {uri} SIP/2.0")).uri == uri


def test_compact_folded_and_spaced_headers_are_read() -> None:
    data = message(extra=("s : a", " folded", "\tsubject"))
    assert request(data).first("Subject") == "a folded subject"


def test_two_quoted_names_in_one_header_are_two_addresses() -> None:
    data = message(extra=('Record-Route: "a, b" <sip:1.1.1.1;lr>, "c\\", d" <sip:2.2.2.2;lr>', "Record-Route: <sip:3>"))
    routes = request(data).values("Record-Route")
    assert [uri_of(route) for route in routes] == ["sip:1.1.1.1;lr", "sip:2.2.2.2;lr", "sip:3"]


@pytest.mark.parametrize(
    ("address", "tag"),
    [
        ('"x;tag=no" <sip:a@b;tag=no>;tag=yes', "yes"),
        ("sip:a@b;tag=yes", "yes"),
        ("<sip:a@b> ; TAG = yes;x=1", "yes"),
        ("<sip:a@b>", ""),
    ],
)
def test_a_tag_is_found_only_among_the_header_parameters(address: str, tag: str) -> None:
    assert tag_of(address) == tag


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 50,
        b"INVITE sip:a SIP/2.0\r\n\r\n",
        message()[:-4],
        message("HELLO"),
        message("INVITE sip:a b SIP/2.0"),
        message("SIP/2.0 999 What"),
        message("SIP/2.0 20 OK"),
        message("SIP/2.0 ²00 OK"),
        message(cseq="one INVITE"),
        message(cseq="1 BYE"),
        message(call_id=""),
        message(extra=("no colon",)),
        message(extra=(": no name",)),
        message(extra=("X: a\nb",)),
        message(extra=("X: a\x00b",)),
        message(extra=("X: y",) * (MAX_HEADERS + 1)),
        message().replace(b"Content-Length: 0", b"Content-Length: 7"),
        message().replace(b"Content-Length: 0", b"Content-Length: -1"),
        message().replace(b"SIP/2.0/UDP 127.0.0.1:5999", b"SIP/2.0/UDP 127.0.0.1:99999"),
        message().replace(b"Via: SIP/2.0/UDP", b"Via: HTTP/1.1"),
        message().replace(b"\r\n", b"\n"),
        message(body="x" * (MAX_MESSAGE + 1)),
    ],
)
def test_what_cannot_be_answered_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_message(data)


@given(st.binary(max_size=400))
def test_random_bytes_raise_nothing_else(data: bytes) -> None:
    try:
        parse_message(data)
    except Malformed:
        pass


@given(st.integers(0, 399), st.binary(min_size=1, max_size=8))
def test_a_damaged_message_raises_nothing_else_and_can_be_answered_if_it_parses(at: int, damage: bytes) -> None:
    whole = message()
    data = whole[: at % len(whole)] + damage + whole[at % len(whole) + len(damage) :]
    try:
        parsed = parse_message(data)
    except Malformed:
        return
    if isinstance(parsed, Request):
        assert isinstance(parse_message(bytes(response_to(parsed, 200, to_tag="t"))), Response)


def test_a_response_copies_what_it_must_and_adds_the_tag_once() -> None:
    asked = request(message(extra=("Record-Route: <sip:1;lr>", "Record-Route: <sip:2;lr>")))
    ringing = response_to(asked, 180, to_tag="bob")
    assert ringing.first("To").endswith(";tag=bob")
    assert ringing.first("Via") == asked.first("Via")
    assert ringing.values("Record-Route") == ["<sip:1;lr>", "<sip:2;lr>"]
    assert response_to(asked, 404).values("Record-Route") == []
    assert response_to(request(message(to="<sip:b>;tag=old")), 200, to_tag="new").to_tag == "old"


@pytest.mark.parametrize(
    ("via", "source", "expected"),
    [
        ("SIP/2.0/UDP 10.0.0.9:5999", Peer("udp", "127.0.0.1", 1234), Peer("udp", "127.0.0.1", 5999)),
        ("SIP/2.0/UDP 10.0.0.9", Peer("udp", "127.0.0.1", 1234), Peer("udp", "127.0.0.1", 5060)),
        ("SIP/2.0/UDP 10.0.0.9:5999;rport", Peer("udp", "127.0.0.1", 1234), Peer("udp", "127.0.0.1", 1234)),
        ("SIP/2.0/TCP 10.0.0.9:5999", Peer("tcp", "127.0.0.1", 1234), Peer("tcp", "127.0.0.1", 1234)),
        ("SIP / 2.0 / UDP host1 : 5999 ;rport;branch=b", Peer("udp", "::1", 1234), Peer("udp", "::1", 1234)),
    ],
)
def test_responses_go_where_the_via_says(via: str, source: Peer, expected: Peer) -> None:
    data = message().replace(b"SIP/2.0/UDP 127.0.0.1:5999;branch=z9hG4bKone", via.encode())
    assert return_peer(request(data), source) == expected


@given(st.lists(st.from_regex(r'[a-z]+|"[^"\\]*"|<[^<>"]*>', fullmatch=True), max_size=5))
def test_splitting_a_list_undoes_joining_it(items: list[str]) -> None:
    stripped = [item.strip() for item in items]
    assert split_list(", ".join(stripped)) == stripped
