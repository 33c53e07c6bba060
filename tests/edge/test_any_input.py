"""The script's pure parts, given anything at all."""

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialplane.domain.errors import InvalidValue
from dialplane.domain.provider import Provider
from dialplane.edge.call.arrival import contacts
from dialplane.edge.call.cookie import Origin, make_cookie, origin_of_cookie
from dialplane.edge.call.message import dialled_in, is_sound, outbound_proxy
from dialplane.edge.call.plan import Carrier, Plan, PlannedAttempt, rows_of
from dialplane.engine.egress import egress_headers, egress_uri
from dialplane.eventlog.writer import EventLog, new_id

KEY = b"k" * 32
ANYTHING = st.text(st.characters(), max_size=300)
WIRE = st.one_of(ANYTHING, st.from_regex(r"(sips?|tel|SIP):[ -~]{0,60}@?[ -~]{0,30}", fullmatch=True))
USER = r"(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9A-F]{2})+"
HOST = r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?"
SIP_URI = re.compile(rf"sip:{USER}@{HOST}(?:;transport=(?:tcp|tls))?", re.ASCII)
TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+", re.ASCII)
NUMBERS = st.from_regex(r"\+[1-9][0-9]{0,14}", fullmatch=True)


def provider(**fields: Any) -> Provider | None:
    try:
        return Provider(id=str(uuid.uuid4()), type="sip", **{"hostname": "carrier.example", **fields})
    except InvalidValue:
        return None


@given(
    NUMBERS,
    st.one_of(ANYTHING, st.from_regex(r"[0-9A-Za-z*#+]{0,33}")),
    st.one_of(ANYTHING, st.from_regex(r"[0-9A-Za-z*#+]{0,33}")),
    st.one_of(ANYTHING, st.from_regex(r"[a-zA-Z0-9.\[\]:-]{1,40}")),
    st.sampled_from(["udp", "tcp", "tls"]),
)
@example("+1", "a@evil", "", "carrier.example", "udp")
@example("+1", "", "\r\nX: y", "carrier.example", "udp")
@example("+1", "9#", "*", "[2001:db8::1]:5070", "tcp")
@example("+1", "", "", "a;transport=tcp", "udp")
@example("+1", "", "", "carrier_1", "udp")
def test_a_uri_to_a_carrier_is_one_sip_uri_or_the_provider_cannot_exist(
    number: str, prefix: str, postfix: str, hostname: str, transport: str
) -> None:
    made = provider(tech_prefix=prefix, tech_postfix=postfix, hostname=hostname, transport=transport)

    assert made is None or SIP_URI.fullmatch(egress_uri(made, number) or "")


@given(st.dictionaries(ANYTHING, ANYTHING, max_size=4))
@example({"X-A": "b\r\nc"})
@example({"X-A\r\nVia": "b"})
@example({"X-A": "printable: text; with, all"})
def test_added_headers_are_one_line_each_or_the_provider_cannot_exist(headers: dict[str, str]) -> None:
    made = provider(tech_headers=headers)

    for name, value in egress_headers(made) if made else ():
        assert TOKEN.fullmatch(name)
        assert value.isprintable()


@given(st.lists(st.from_regex(r"sip:[0-9+]{1,20}@[a-z]{1,10}", fullmatch=True), min_size=1, max_size=30))
def test_contacts_keep_the_order_in_ever_lower_preferences(uris: list[str]) -> None:
    values = contacts(Plan(new_id(), "an invite", rows_of(attempt(uri) for uri in uris)))

    found = [re.fullmatch(r"<([^<>]*)>;q=([01]\.[0-9]{3})", value) for value in values]
    assert [one[1] for one in found if one] == uris
    preferences = [float(one[2]) for one in found if one]
    assert preferences == sorted(set(preferences), reverse=True)
    assert 0 < min(preferences) <= max(preferences) == 1


def attempt(uri: str) -> PlannedAttempt:
    known: dict[str, Any] = dict.fromkeys(Carrier.__struct_fields__, 0)
    known |= {"around_number": ("sip:", "@a"), "next_hops": ["sip:10.0.0.1"], "overrides": {}, "obstacle": None}
    known |= {"provider_id": "a provider", "headers": [], "codecs": "", "server_name": ""}
    known |= dict.fromkeys(("has_credentials", "has_rules", "tells_identity"), False)
    return PlannedAttempt("a route", uri, ("own_route",), Carrier(**known))


@given(WIRE)
def test_what_was_dialled_is_a_part_of_the_uri(uri: str) -> None:
    dialled = dialled_in(uri)

    assert dialled in uri
    assert "@" not in dialled or uri.lower().startswith("tel:")


@given(st.lists(WIRE, max_size=3))
@example(["<sip:10.0.0.1;lr>"])
@example(["<sip:10.0.0.1;lr>,<sip:10.0.0.2;lr>"])
def test_an_outbound_proxy_is_a_single_uri(routes: list[str]) -> None:
    proxy = outbound_proxy(routes)

    assert proxy == "" or (len(routes) == 1 and re.fullmatch(r"sips?:[^<>,\s]+", proxy))


@given(ANYTHING, ANYTHING)
def test_no_text_is_a_cookie_that_we_did_not_make(route: str, sip_call_id: str) -> None:
    assert origin_of_cookie(route, sip_call_id, key=KEY) is None


@given(ANYTHING, ANYTHING, st.uuids(), st.integers(0, 2**63))
def test_a_cookie_is_found_in_whatever_stands_around_it(
    before: str, sip_call_id: str, call: uuid.UUID, began_ms: int
) -> None:
    origin = Origin(str(call), began_ms)
    cookie = make_cookie(origin, sip_call_id, "+82", key=KEY)

    assert origin_of_cookie(f"{before}{cookie}>", sip_call_id, key=KEY) == origin
    assert origin_of_cookie(cookie, f"{sip_call_id}x", key=KEY) is None


@given(st.binary(max_size=400), st.integers(1, 5), st.integers(1, 5))
@example(b"INVITE sip:a@b SIP/2.0\r\nVia: x\r\n\r\n", 5, 5)
@example(b"INVITE sip:a@b SIP/2.0\r\nVia: x,\r\n y,z\r\n\r\n", 5, 2)
def test_what_is_sound_has_whole_lines_and_few_of_them(message: bytes, headers: int, vias: int) -> None:
    sound = is_sound(message, most_headers=headers, most_vias=vias)

    head = message.partition(b"\r\n\r\n")[0]
    lines = head.split(b"\r\n")
    if sound:
        assert len(lines) <= headers + 1
        assert not any(set(line) & set(b"\0\r\n") for line in lines)
        assert sum(line.lower().startswith((b"via:", b"v:")) for line in lines) <= vias


@pytest.mark.parametrize(
    ("vias", "sound"),
    [
        (b"Via: 1\r\nv:2\r\n", True),
        (b"Via: 1,2,3\r\n", False),
        (b"Via: 1,\r\n 2,\r\n\t3\r\n", False),
        (b"VIA : 1\r\nV\t: 2\r\nvia: 3\r\n", False),
        (b"Via: 1\r\nVideo: a,b,c\r\n", True),
    ],
)
def test_vias_are_counted_however_they_are_written(vias: bytes, sound: bool) -> None:
    message = b"INVITE sip:a@b SIP/2.0\r\n" + vias + b"Allow: a,b,c,d\r\n\r\n"

    assert is_sound(message, most_headers=50, most_vias=2) is sound


EVENTS: dict[str, Callable[[EventLog, str, str], None]] = {
    "call_started": lambda log, call, text: log.call_started(call, {"source": text, "dialled": text, "number": text}),
    "call_rejected": lambda log, call, text: log.call_rejected(call, {"source": text}, status=404, reason=text),
    "call_redirected": lambda log, call, text: log.call_redirected(call, {"source": text}, status=300, reason=text),
    "attempt_ended": lambda log, call, text: log.attempt_ended(
        call, 1, status=None, reason=text, verdict=text, action="next"
    ),
    "call_ended": lambda log, call, text: log.call_ended(call, status=200, reason=text, hangup_by="caller"),
}


@pytest.mark.parametrize("kind", EVENTS)
def test_any_text_in_is_one_line_of_json_out(tmp_path: Path, kind: str) -> None:
    log = EventLog(tmp_path, edge="local")
    count = 0

    @given(st.text(st.characters(exclude_categories=()), max_size=60))
    @example("\ud800 lone")
    @example("\u2028\u2029\x85\r\n\0")
    def note(text: str) -> None:
        nonlocal count
        count += 1
        EVENTS[kind](log, new_id(), text)

    note()
    log.close()

    [path] = tmp_path.iterdir()
    lines = path.read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == count
    assert {json.loads(line)["kind"] for line in lines} == {kind}
