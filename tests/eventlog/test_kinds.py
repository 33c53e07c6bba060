"""One contract: what is written is read back, lines of older edges are still events, and every field is explained."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialplane.eventlog import kinds
from dialplane.eventlog.kinds import AnyEvent, Event
from dialplane.eventlog.reader import Backlog, LogTail, event_in
from dialplane.eventlog.writer import EventLog, encoded
from tests.eventlog.drawn import KINDS, events, kind_of

CALL = "0e1c9a4e-6d3f-4c52-9d0c-5b2b6f1f2a11"
OTHER = "8d6c2f0e-1b7a-4e55-8f0a-2f6d0c9b7e33"
COMMON: dict[str, Any] = {"v": 1, "id": OTHER, "edge": "edge-1", "at": 1_700_000_000_000_000, "mono": 7}
OF_CALL = COMMON | {"call": CALL}
OF_ATTEMPT = OF_CALL | {"n": 2}
PLACE = {"route_id": OTHER, "provider_id": CALL, "target": "+82", "priority": 1}
PLACE |= {"outcome": "tried", "position": 1, "reasons": ["own_route"]}
ARRIVAL = OF_CALL | {
    **{
        "customer_id": OTHER,
        "trunk_id": CALL,
        "sip_call_id": "abc@pbx",
        "source": "100",
        "source_address": "192.0.2.1",
    },
    **{"dialled": "008210", "number": "+8210", "revision": 5, "decision": [PLACE]},
}
LINES: list[dict[str, Any]] = [
    {"kind": "call_started", **ARRIVAL},
    {"kind": "call_rejected", **ARRIVAL, "number": None, "status": 404, "reason": "no_route"},
    {"kind": "call_redirected", **ARRIVAL, "status": 300, "reason": "redirected"},
    {"kind": "call_ended", **OF_CALL, "status": 200, "reason": "OK", "hangup_by": "caller"},
    {
        **{"kind": "attempt_sent", **OF_ATTEMPT, "provider_id": CALL, "route_id": OTHER},
        **{"uri": "sip:+8210@alpha", "why": ["own_route"]},
    },
    {"kind": "attempt_skipped", **OF_ATTEMPT, "provider_id": CALL, "route_id": OTHER, "why": ["cps_cap_full"]},
    {
        **{"kind": "edge_refusals", **COMMON},
        "sources": [
            {
                **{"address": "192.0.2.7", "count": 3, "reason": "unknown_source", "dialled": "112"},
                **{"first": 1_700_000_000_000_000, "last": 1_700_000_000_000_001, "banned": True},
            }
        ],
    },
    {"kind": "attempt_ringing", **OF_ATTEMPT, "status": 180},
    {"kind": "attempt_answered", **OF_ATTEMPT, "status": 200, "tag": "a-tag"},
    {
        **{"kind": "attempt_ended", **OF_ATTEMPT, "status": None, "reason": ""},
        **{"verdict": "timeout", "action": "next"},
    },
    {"kind": "late_answer", **OF_ATTEMPT, "status": 200, "tag": "a-tag"},
    {
        **{"kind": "provider_health", **COMMON, "provider_id": CALL, "hostname": "sip.carrier.example"},
        **{"status": "unhealthy", "detail": "no answer"},
    },
    {
        **{"kind": "provider_breaker", **COMMON, "provider_id": CALL, "hostname": "sip.carrier.example"},
        **{"state": "open", "detail": "5 in a row"},
    },
    {
        **{
            "kind": "edge_status",
            **COMMON,
            "agent_version": "1",
            "kamailio_version": "5.6.3",
            "kamailio_started": None,
        },
        **{"max_call_s": 900, "counters": {"strangers": 4}},
    },
    {
        **{"kind": "edge_status", **COMMON, "agent_version": "1", "kamailio_version": "5.6.3", "kamailio_started": 17},
        **{"max_call_s": 900, "counters": {}, "calls_shed": 0, "shed_percent": 90, "events_lost": 2},
    },
    {"kind": "edge_calls", **COMMON, "since": 1, "before": 2, "prefix": "0e", "suffix": "81", "calls": [CALL]},
]
"""A line of each kind as version 1 has always had it: these keys, no others."""

OLD_LINES: list[dict[str, Any]] = [
    {"kind": "call_started", "id": OTHER, "edge": "edge-1", "at": 1, "call": CALL},
    {"kind": "call_rejected", "id": OTHER, "edge": "edge-1", "at": 1, "call": CALL, "status": 404},
    {"kind": "call_ended", "id": OTHER, "edge": "edge-1", "at": 1, "call": CALL},
    {"kind": "attempt_answered", **OF_ATTEMPT, "status": 200},
    {"kind": "late_answer", **OF_ATTEMPT},
    {"kind": "attempt_ended", **OF_ATTEMPT},
    {"kind": "edge_status", **COMMON},
    {"kind": "edge_status", **COMMON, "a_field_of_tomorrow": {"x": [1]}},
    {"kind": "edge_calls", **COMMON, "since": 1, "before": 2},
]


@pytest.mark.parametrize("fields", LINES, ids=lambda fields: fields["kind"])
def test_the_fields_of_a_line_are_those_of_version_1(fields: dict[str, Any]) -> None:
    event = msgspec.convert(fields, AnyEvent)

    assert msgspec.json.decode(encoded(event)) == fields


def test_every_kind_has_its_line() -> None:
    assert {fields["kind"] for fields in LINES} == {kind_of(kind) for kind in KINDS}


@pytest.mark.parametrize("fields", OLD_LINES, ids=lambda fields: fields["kind"])
def test_lines_of_other_versions_are_events(fields: dict[str, Any]) -> None:
    assert isinstance(event_in(msgspec.json.encode(fields) + b"\n"), Event)


@pytest.mark.parametrize("kind", KINDS, ids=kind_of)
def test_an_event_that_was_written_is_read_back_the_same_by_all_readers(kind: type[Event]) -> None:
    @given(st.lists(events(kind), min_size=1, max_size=3))
    @settings(max_examples=30, deadline=None)
    def read_back(written: list[Event]) -> None:
        with TemporaryDirectory() as folder:
            log = EventLog(Path(folder), edge="edge-1")
            for event in written:
                log.note(event)
            log.close()

            assert [event_in(line) for line in LogTail(Path(folder)).lines()] == written
            batch = Backlog(Path(folder)).next_batch()
            assert batch is not None
            assert (list(batch.events), list(batch.refused)) == (written, [])

    read_back()


@pytest.mark.parametrize("kind", KINDS, ids=kind_of)
def test_a_torn_line_in_front_hides_no_event(kind: type[Event]) -> None:
    @given(events(kind), st.sampled_from(LINES), st.data())
    @settings(max_examples=30, deadline=None)
    def found(event: Event, torn: dict[str, Any], data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(["kind", "v"]))
        text = msgspec.json.encode({order: torn[order], **torn})
        cut = data.draw(st.integers(0, len(text) - 1))

        assert event_in(text[:cut] + encoded(event)) == event

    found()


def test_an_inner_object_that_begins_like_an_event_is_not_taken_for_one() -> None:
    event = kinds.EdgeStatus(**COMMON, counters={"v": 1, "kind": 2})

    assert event_in(b'{"v":1,"id":"0c' + encoded(event)) == event
    assert event_in(b'{"v":1,"id":"0c' + encoded(event)[:-1]) is None


@pytest.mark.parametrize("kind", [*KINDS, kinds.Event, kinds.ConsideredRoute], ids=lambda kind: kind.__name__)
def test_every_kind_and_every_field_is_explained(kind: type[msgspec.Struct]) -> None:
    assert kind.__doc__
    for field in msgspec.inspect.type_info(kind).fields:  # type: ignore[attr-defined]  # a struct's always has them
        assert isinstance(field.type, msgspec.inspect.Metadata), field.name
        assert (field.type.extra_json_schema or {}).get("description", "").endswith("."), field.name
