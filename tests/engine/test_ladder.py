"""The messages of a call, as its record lets them be known."""

import pytest

from dialplane.engine.ladder import Ladder, ladder_of
from tests.engine.calls import ALPHA, BRAVO, NAMES, attempt, call

FAILOVER = call(
    attempt(1, ALPHA, tm_sent=2, tm_ended=4, sip_status=503, verdict="carrier_error", action="next"),
    attempt(2, BRAVO, tm_sent=5, tm_ringing=7, tm_answered=1010, tm_ended=3020, sip_status=200, verdict="answered"),
    tm_ringing=7, tm_answered=1010, tm_ended=3020, sip_status=200, hangup_by="caller",
)  # fmt: skip
SILENT = call(
    attempt(1, ALPHA, tm_sent=2, tm_ended=3002, verdict="timeout", action="next"),
    tm_ended=3003, sip_status=503, hangup_by="edge",
)  # fmt: skip
CANCELLED = call(
    attempt(1, BRAVO, tm_sent=2, tm_ringing=3, tm_ended=2003, sip_status=487, verdict="cancelled", action="stop"),
    tm_ringing=3, tm_ended=2004, sip_status=487, hangup_by="caller",
)  # fmt: skip
NO_ROUTE = call(tm_ended=0.4, sip_status=404, hangup_by="edge")
TALKING = call(
    attempt(1, BRAVO, tm_sent=2, tm_answered=9, sip_status=200, verdict="answered"),
    tm_answered=9, sip_status=200, status="progressing",
)  # fmt: skip
HUNG_UP_BY_CALLEE = call(
    attempt(1, BRAVO, tm_sent=2, tm_answered=9, tm_ended=50, sip_status=200, verdict="answered"),
    tm_answered=9, tm_ended=50, sip_status=200, hangup_by="callee",
)  # fmt: skip

GOLDEN = {
    "failover": (FAILOVER, """
      0.0 0>1 INVITE +821012345678
      0.0 1>0 100 Trying
      2.0 1>2 INVITE +821012345678@127.0.0.1:41001
      4.0 2>1 503 Service Unavailable
      5.0 1>3 INVITE +821012345678@127.0.0.1:41002
      7.0 3>1 180 Ringing
      7.0 1>0 180 Ringing
   1010.0 3>1 200 OK
   1010.0 1>0 200 OK
   3020.0 0>1 BYE
   3020.0 1>3 BYE"""),
    "silent": (SILENT, """
      0.0 0>1 INVITE +821012345678
      0.0 1>0 100 Trying
      2.0 1>2 INVITE +821012345678@127.0.0.1:41001
   3002.0 1>2 CANCEL
   3003.0 1>0 503 Service Unavailable"""),
    "cancelled": (CANCELLED, """
      0.0 0>1 INVITE +821012345678
      0.0 1>0 100 Trying
      2.0 1>2 INVITE +821012345678@127.0.0.1:41002
      3.0 2>1 180 Ringing
      3.0 1>0 180 Ringing
   2003.0 1>2 CANCEL
   2003.0 2>1 487 Request Terminated
   2004.0 0>1 CANCEL
   2004.0 1>0 487 Request Terminated"""),
    "no route": (NO_ROUTE, """
      0.0 0>1 INVITE +821012345678
      0.4 1>0 404 Not Found"""),
    "talking": (TALKING, """
      0.0 0>1 INVITE +821012345678
      0.0 1>0 100 Trying
      2.0 1>2 INVITE +821012345678@127.0.0.1:41002
      9.0 2>1 200 OK
      9.0 1>0 200 OK"""),
    "hung up by the callee": (HUNG_UP_BY_CALLEE, """
      0.0 0>1 INVITE +821012345678
      0.0 1>0 100 Trying
      2.0 1>2 INVITE +821012345678@127.0.0.1:41002
      9.0 2>1 200 OK
      9.0 1>0 200 OK
     50.0 2>1 BYE
     50.0 1>0 BYE"""),
}  # fmt: skip


def drawn(ladder: Ladder) -> str:
    return "".join(
        f"\n{message.offset_us / 1000:>9} {message.source}>{message.target} {message.text}"
        for message in ladder.messages
    )


@pytest.mark.parametrize("name", GOLDEN)
def test_the_messages_follow_from_the_record(name: str) -> None:
    record, expected = GOLDEN[name]
    assert drawn(ladder_of(record, names=NAMES)) == expected


def test_each_attempt_that_was_sent_has_a_lane() -> None:
    assert ladder_of(FAILOVER, names=NAMES).lanes == ("+15550100", "edge-1", "Alpha", "Bravo")
