"""The timeline of a call, word for word."""

from typing import Any

import pytest

from dialplane.engine.timeline import render, span, timeline_of
from tests.engine.calls import ALPHA, BRAVO, NAMES, attempt, call

refused = {"tm_sent": 2, "tm_ended": 4, "sip_status": 503, "verdict": "carrier_error", "action": "next"}

FAILOVER = call(
    attempt(1, ALPHA, sip_reason="Service Unavailable", **refused),
    attempt(
        2, BRAVO, tm_sent=5, tm_ringing=7, tm_answered=1010, tm_ended=3020, sip_status=200, sip_reason="OK",
        verdict="answered", action="answered",
    ),
    tm_ringing=7, tm_answered=1010, tm_ended=3020, sip_status=200, hangup_by="caller",
)  # fmt: skip
BUSY = call(
    attempt(1, BRAVO, tm_sent=2, tm_ringing=3, tm_ended=504, sip_status=486, verdict="busy", action="stop"),
    tm_ringing=3, tm_ended=505, sip_status=486, hangup_by="callee",
)  # fmt: skip
ALL_FAILED = call(
    attempt(1, ALPHA, **refused),
    attempt(2, BRAVO, tm_sent=5, tm_ended=3005, verdict="timeout", action="next"),
    tm_ended=3006, sip_status=503, reason="all_failed", hangup_by="edge",
)  # fmt: skip
CANCELLED = call(
    attempt(1, BRAVO, tm_sent=2, tm_ringing=3, tm_ended=2003, sip_status=487, verdict="cancelled", action="stop"),
    tm_ringing=3, tm_ended=2004, sip_status=487, hangup_by="caller",
)  # fmt: skip
NO_ROUTE = call(tm_ended=0.4, sip_status=404, reason="no_route", hangup_by="edge")
RINGING = call(attempt(1, BRAVO, tm_sent=2, tm_ringing=3), tm_ringing=3, status="ringing")
SKIPPED = call(
    attempt(1, ALPHA, verdict="skipped", why=["channel_cap_full"]),
    attempt(2, BRAVO, tm_sent=2, tm_answered=9, tm_ended=65_009, sip_status=200, verdict="answered"),
    tm_answered=9, tm_ended=65_009, sip_status=200, hangup_by="callee",
)  # fmt: skip
TALKING = call(
    attempt(1, BRAVO, tm_sent=2, tm_ringing=3, tm_answered=1003, sip_status=200, verdict="answered"),
    tm_ringing=3, tm_answered=1003, sip_status=200, status="progressing",
)  # fmt: skip
LATE = call(
    attempt(1, ALPHA, tm_sent=2, tm_ended=3002, verdict="timeout", action="next", late_answer=True),
    tm_ended=3003, sip_status=503, hangup_by="edge",
)  # fmt: skip

GOLDEN = {
    "failover": (FAILOVER, """
Call from +15550100 to +821012345678

      0 ms  The call arrives. Carriers to try, in order: Alpha, Bravo.
    2.0 ms  Attempt 1: Alpha, sip:+821012345678@127.0.0.1:41001
    4.0 ms    503 Service Unavailable after 2.0 ms: carrier failed; next carrier
    5.0 ms  Attempt 2: Bravo, sip:+821012345678@127.0.0.1:41002
    7.0 ms    rings after 2.0 ms
    1.01 s    200 OK: answered after ringing 1.00 s
    3.02 s  The caller hangs up; they talked for 2.01 s.

Answered by Bravo, 1.01 s after the call arrived; Alpha had failed.
"""),
    "busy": (BUSY, """
Call from +15550100 to +821012345678

      0 ms  The call arrives. Carriers to try, in order: Bravo.
    2.0 ms  Attempt 1: Bravo, sip:+821012345678@127.0.0.1:41002
    3.0 ms    rings after 1.0 ms
    504 ms    486 Busy Here after 502 ms: the callee is busy; no other is asked
    505 ms  The caller gets 486 Busy Here.

Ended by Bravo's answer, which is final.
"""),
    "all failed": (ALL_FAILED, """
Call from +15550100 to +821012345678

      0 ms  The call arrives. Carriers to try, in order: Alpha, Bravo.
    2.0 ms  Attempt 1: Alpha, sip:+821012345678@127.0.0.1:41001
    4.0 ms    503 Service Unavailable after 2.0 ms: carrier failed; next carrier
    5.0 ms  Attempt 2: Bravo, sip:+821012345678@127.0.0.1:41002
    3.00 s    silence for 3.00 s; none is left
    3.01 s  The caller gets 503 Service Unavailable.

Failed: 2 carriers tried, none could carry the call.
"""),
    "cancelled": (CANCELLED, """
Call from +15550100 to +821012345678

      0 ms  The call arrives. Carriers to try, in order: Bravo.
    2.0 ms  Attempt 1: Bravo, sip:+821012345678@127.0.0.1:41002
    3.0 ms    rings after 1.0 ms
    2.00 s    487 Request Terminated after 2.00 s: cancelled by the caller
    2.00 s  The caller gets 487 Request Terminated.

Cancelled by the caller after 1 attempt.
"""),
    "no route": (NO_ROUTE, """
Call from +15550100 to +821012345678

      0 ms  The call arrives.
    0.4 ms  The caller gets 404 Not Found: no route leads to this number.

Refused: no carrier was asked.
"""),
    "still ringing": (RINGING, """
Call from +15550100 to +821012345678

      0 ms  The call arrives. Carriers to try, in order: Bravo.
    2.0 ms  Attempt 1: Bravo, sip:+821012345678@127.0.0.1:41002
    3.0 ms    rings after 1.0 ms
              is still ringing

Not over yet.
"""),
    "skipped": (SKIPPED, """
Call from +15550100 to +821012345678

      0 ms  The call arrives. Carriers to try, in order: Alpha, Bravo.
            Alpha is skipped: all channels of the provider are in use
    2.0 ms  Attempt 1: Bravo, sip:+821012345678@127.0.0.1:41002
    9.0 ms    200 OK: answered
1 min 05 s  The called person hangs up; they talked for 1 min 05 s.

Answered by Bravo, 9.0 ms after the call arrived.
"""),
    "still talking": (TALKING, """
Call from +15550100 to +821012345678

      0 ms  The call arrives. Carriers to try, in order: Bravo.
    2.0 ms  Attempt 1: Bravo, sip:+821012345678@127.0.0.1:41002
    3.0 ms    rings after 1.0 ms
    1.00 s    200 OK: answered after ringing 1.00 s
            They are still talking, or the end is not recorded yet.

Answered by Bravo, 1.00 s after the call arrived.
"""),
    "late answer": (LATE, """
Call from +15550100 to +821012345678

      0 ms  The call arrives. Carriers to try, in order: Alpha.
    2.0 ms  Attempt 1: Alpha, sip:+821012345678@127.0.0.1:41001
    3.00 s    silence for 3.00 s; none is left
              answered later, after it had been given up
    3.00 s  The caller gets 503 Service Unavailable.

Failed: 1 carrier tried, none could carry the call.
"""),
}  # fmt: skip


def printed(record: dict[str, Any], *, width: int = 80) -> str:
    return "\n".join(line for _, line in render(timeline_of(record, names=NAMES), width=width))


@pytest.mark.parametrize("name", GOLDEN)
def test_each_kind_of_call_reads_like_this(name: str) -> None:
    record, expected = GOLDEN[name]
    assert printed(record) == expected.strip("\n")


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    record, _ = GOLDEN[name]
    record = record | {"source": {"target": "s" * 300}}
    assert all(len(line) <= width for line in printed(record, width=width).splitlines())


def test_what_a_carrier_wrote_cannot_move_the_cursor_or_style_the_text() -> None:
    record = call(attempt(1, ALPHA, sip_reason="\x1b[2J[bold]gone\r\n", **refused), tm_ended=5, sip_status=503)
    text = printed(record)
    assert "\x1b" not in text
    assert "503 ?[2J[bold]gone??" in text


def test_an_unknown_provider_is_named_by_the_start_of_its_id() -> None:
    text = "\n".join(line for _, line in render(timeline_of(FAILOVER, names={})))
    assert "Attempt 1: provider 00000000," in text


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "0 ms"), (400, "0.4 ms"), (9_949, "9.9 ms"), (9_950, "10 ms"), (999_499, "999 ms"), (999_500, "1.00 s"),
        (1_234_567, "1.23 s"), (59_990_000, "59.99 s"), (60_000_000, "1 min 00 s"), (125_000_000, "2 min 05 s"),
        (-5, "0 ms"),
    ],
)  # fmt: skip
def test_spans_use_the_unit_that_a_person_would(microseconds: int, text: str) -> None:
    assert span(microseconds) == text
