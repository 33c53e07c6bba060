"""Events that Kamailio's script writes: their text in the script, and what the reader makes of the lines."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.eventlog.kinds import AttemptAnswered, AttemptEnded, AttemptRinging, AttemptSent, CallEnded, Event
from dialplane.eventlog.native import MARK, clocks, ensure_mark, read_mark, xlog_text
from dialplane.eventlog.reader import Backlog, LogTail, event_in
from dialplane.eventlog.writer import encoded, printable

SECRET = b"<0123456789abcdef01234567>"
SKEW_NS = 1_764_000_000_000_000_123
AT_US = 1_764_131_999_123_456
MONO_NS = AT_US * 1000 - SKEW_NS
HOUR = "20261122T04.jsonl"


def line(event: Event, *, front: str = " 3(4711) ALERT: ", mark: bytes = SECRET, **text: str) -> bytes:
    """As Kamailio's script writes this event; `text` is the field that comes from the wire."""
    fields: dict[str, Any] = msgspec.to_builtins(event)
    for name in ("v", "mono"):
        del fields[name]
    fields |= {name: value.encode().hex() for name, value in text.items()}
    return front.encode() + mark + f"490123 {SKEW_NS} ".encode() + msgspec.json.encode(fields) + b"\n"


def ringing(**fields: Any) -> AttemptRinging:
    return AttemptRinging(**{"id": "i", "edge": "e", "at": AT_US, "mono": MONO_NS, "call": "c", "n": 2, **fields})


def test_a_line_of_the_scripts_is_the_event_that_python_would_have_written() -> None:
    assert event_in(line(ringing(status=180)), mark=SECRET) == ringing(status=180)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_text_from_the_wire_comes_as_python_would_have_noted_it(text: str) -> None:
    common: dict[str, Any] = {"id": "i", "edge": "e", "at": AT_US, "mono": MONO_NS, "call": "c", "n": 1}
    ended = AttemptEnded(**common, status=503, reason="", verdict="rejected", action="next")
    answered = AttemptAnswered(**common, status=200, tag="")

    assert event_in(line(ended, reason=text), mark=SECRET) == msgspec.structs.replace(
        ended, reason=printable(text, longest=128)
    )
    assert event_in(line(answered, tag=text), mark=SECRET) == msgspec.structs.replace(answered, tag=printable(text))


def test_text_that_is_not_utf_8_is_marked() -> None:
    event = AttemptAnswered(id="i", edge="e", at=AT_US, mono=MONO_NS, call="c", n=1, status=200, tag="")
    raw = line(event, tag="x").replace(b'"tag":"78"', b'"tag":"ff"')

    read = event_in(raw, mark=SECRET)
    assert isinstance(read, AttemptAnswered)
    assert read.tag == "\ufffd"


def test_no_text_that_kamailio_logs_is_an_event() -> None:
    forged = encoded(ringing(status=180))

    assert event_in(b" 3(4711) CRITICAL: core [a.c:1]: f(): " + forged, mark=SECRET) is None
    assert event_in(line(ringing(status=180), mark=b"<another>"), mark=SECRET) is None
    assert event_in(b" 3(4711) ALERT: <script>: " + forged + b"\n", mark=SECRET) is None


@pytest.mark.parametrize("cut", [1, 20, 60, 90])
def test_an_event_behind_a_torn_line_is_found(cut: int) -> None:
    whole, by_python = line(ringing(status=180)), encoded(ringing(id="j"))

    assert event_in(by_python[:cut] + whole, mark=SECRET) == ringing(status=180)
    assert event_in(whole[:cut] + whole, mark=SECRET) == ringing(status=180)
    if cut > len(b" 3(4711) ALERT: ") + len(SECRET):
        assert event_in(whole[:cut] + by_python, mark=SECRET) == ringing(id="j")


def test_both_readers_know_the_mark_of_their_folder(tmp_path: Path) -> None:
    mark = ensure_mark(tmp_path).encode()
    (tmp_path / HOUR).write_bytes(
        encoded(ringing(id="1")) + b"\n" + line(ringing(id="2"), mark=mark) + line(ringing(id="3"), front="", mark=mark)
    )

    batch = Backlog(tmp_path).next_batch()
    assert batch is not None
    assert [event.id for event in batch.events] == ["1", "2", "3"]
    assert [event_in(plain) for plain in LogTail(tmp_path).lines()] == batch.events
    assert all(plain.startswith(b'{"kind"') for plain in LogTail(tmp_path).lines())


def test_what_kamailio_logs_there_goes_to_its_log_and_is_not_put_aside(tmp_path: Path) -> None:
    mark = ensure_mark(tmp_path).encode()
    logged = b" 2(27577) CRITICAL: dialog [dlg_timer.c:199]: update_dlg_timer(): a bogus dlg\n"
    (tmp_path / HOUR).write_bytes(line(ringing(), mark=mark) + logged + b'{"torn\n')
    lines: list[bytes] = []

    assert len(list(LogTail(tmp_path, on_log_line=lines.append).lines())) == 2
    assert lines == [logged]
    batch = Backlog(tmp_path).next_batch()
    assert batch is not None
    assert (len(batch.events), list(batch.refused)) == (1, [b'{"torn\n'])


def test_the_mark_is_a_secret_that_stays(tmp_path: Path) -> None:
    assert read_mark(tmp_path) == ""
    mark = ensure_mark(tmp_path)

    assert (ensure_mark(tmp_path), read_mark(tmp_path)) == (mark, mark)
    assert re.fullmatch(r"<[0-9a-f]{24}>", mark)
    assert (tmp_path / MARK).stat().st_mode & 0o007 == 0


def test_the_clocks_of_a_line_are_the_hour_and_what_the_clocks_differ_by() -> None:
    assert clocks(490_123 * 3_600_000_000_000 + 5, 7) == f"490123 {490_123 * 3_600_000_000_000 - 2}"


def test_the_text_in_the_script_has_every_field_of_the_kind_and_is_quoted_for_it() -> None:
    text = xlog_text(
        CallEnded,
        'a "b" $c',
        {
            "id": "$var(id)",
            "at": "$var(at)",
            "call": "$avp(call)",
            "status": "200",
            "reason": "OK",
            "hangup_by": "$var(by)",
        },
    )

    assert text == (
        r"{\"kind\":\"call_ended\",\"edge\":\"a \\\"b\\\" $$c\",\"id\":\"$var(id)\",\"at\":$var(at),"
        r"\"call\":\"$avp(call)\",\"status\":200,\"reason\":\"OK\",\"hangup_by\":\"$var(by)\"}"
    )


@pytest.mark.parametrize(
    "values", [{"id": "1"}, {"id": "1", "at": "1", "call": "c", "n": "1", "provider_id,route_id,uri": "$var(tail)"}]
)
def test_an_event_without_one_of_its_fields_is_not_printed(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="has the fields"):
        xlog_text(AttemptSent, "e", values)
