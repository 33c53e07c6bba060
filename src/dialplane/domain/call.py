"""A call and its attempts, as they are recorded. Never say one for the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LONGEST_SETUP_S = 3_600
"""No call takes longer to be answered: 30 attempts that are all given up, and one that rings, take 40 minutes."""

LONGEST_CALL_S = 31 * 86_400
"""No edge allows a longer call."""

LONGEST_CALL_MS = LONGEST_CALL_S * 1_000
"""Longest duration or delay that is counted, whatever two clocks say: a sum of 3 x 10^9 of them fits into 64 bits."""

MOST_ATTEMPTS = 30
"""No edge tries more carriers for one call."""

NEXT = "next"
"""The action of an attempt after which another one was to follow."""


class CallStatus(StrEnum):
    """How far a call has come, in the contract's words. DIALING: no carrier has rung; PROGRESSING: it is answered."""

    DIALING = "dialing"
    RINGING = "ringing"
    PROGRESSING = "progressing"
    HANGUP = "hangup"


class HangupBy(StrEnum):
    """Who ended a call. EDGE: refused or given up by the edge, or lost: its end was never reported."""

    CALLER = "caller"
    CALLEE = "callee"
    EDGE = "edge"
    TIMEOUT = "timeout"


class HangupReason(StrEnum):
    """Why a call ended, in the contract's words. DIALOUT: given up before an answer; FAILED: all else without one."""

    NORMAL = "normal"
    TIMEOUT = "timeout"
    BUSY = "busy"
    CANCEL = "cancel"
    NOANSWER = "noanswer"
    DIALOUT = "dialout"
    FAILED = "failed"


class CallVerdict(StrEnum):
    """What became of a call, as lists are narrowed by it. A call may have several, or none while nobody answers."""

    ANSWERED = "answered"
    SAVED = "saved"
    UNANSWERED = "unanswered"
    BUSY = "busy"
    NOANSWER = "noanswer"
    CANCEL = "cancel"
    DIALOUT = "dialout"
    FAILED = "failed"
    REFUSED = "refused"
    LOST = "lost"


CALL_VERDICTS: Mapping[CallVerdict, str] = {
    CallVerdict.ANSWERED: "somebody answered",
    CallVerdict.SAVED: "answered, after another carrier had been tried in vain",
    CallVerdict.UNANSWERED: "over, and nobody answered",
    CallVerdict.BUSY: "over unanswered, `hangup_reason` is `busy`",
    CallVerdict.NOANSWER: "over unanswered, `hangup_reason` is `noanswer`",
    CallVerdict.CANCEL: "over unanswered, `hangup_reason` is `cancel`: the caller gave up",
    CallVerdict.DIALOUT: "over unanswered, `hangup_reason` is `dialout`: the edge gave up",
    CallVerdict.FAILED: "over unanswered, `hangup_reason` is `failed`: all else",
    CallVerdict.REFUSED: "over without an INVITE to any carrier",
    CallVerdict.LOST: "over as far as anybody knows: its end was never reported",
}
"""Verdict of a call -> which calls it means."""


class Verdict(StrEnum):
    """The outcome of an attempt, for records and statistics."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    CARRIER_ERROR = "carrier_error"
    TIMEOUT = "timeout"
    TRANSPORT_ERROR = "transport_error"
    LATE_ANSWER = "late_answer"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One INVITE to one provider, or the reason why none was sent. Instants are None until they happen.

    `pdd_ms`: sent to first ringing, or to the answer if nothing rang; `duration_ms`: answer to end. `identity`: the
    headers about the caller that the edge wrote for this provider.
    """

    number: int
    provider_id: str
    route_id: str
    uri: str = ""
    tm_sent: int | None = None
    tm_ringing: int | None = None
    tm_answered: int | None = None
    tm_ended: int | None = None
    sip_status: int | None = None
    sip_reason: str = ""
    verdict: Verdict | None = None
    action: str = ""
    why: Sequence[str] = ()
    identity: Sequence[str] = ()
    late_answer: bool = False
    pdd_ms: int | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call from a trunk. `source_address` is where its INVITE came from. `decision`: candidates' places.

    `routing_number` is the number that routes were chosen by, "" if that is `number`.
    """

    id: str
    edge: str
    customer_id: str | None
    trunk_id: str | None
    sip_call_id: str = ""
    source: str = ""
    source_address: str = ""
    dialled: str = ""
    number: str = ""
    routing_number: str = ""
    status: CallStatus = CallStatus.DIALING
    sip_status: int | None = None
    reason: str = ""
    hangup_by: HangupBy | None = None
    tm_start: int
    tm_ringing: int | None = None
    tm_answered: int | None = None
    tm_ended: int | None = None
    decision: Sequence[Mapping[str, Any]] = ()
    attempts: Sequence[Attempt] = ()

    @property
    def hangup_reason(self) -> HangupReason | None:
        """Why it ended; None while it goes on."""
        if self.tm_ended is None:
            return None
        is_timeout = self.hangup_by == HangupBy.TIMEOUT
        if self.tm_answered is not None:
            return HangupReason.TIMEOUT if is_timeout else HangupReason.NORMAL
        if self.hangup_by == HangupBy.CALLER:
            return HangupReason.CANCEL
        otherwise = HangupReason.DIALOUT if is_timeout else HangupReason.FAILED
        return UNANSWERED.get(self.sip_status or 0, otherwise)


UNANSWERED: Mapping[int, HangupReason] = {
    408: HangupReason.NOANSWER,
    480: HangupReason.NOANSWER,
    486: HangupReason.BUSY,
    487: HangupReason.CANCEL,
    600: HangupReason.BUSY,
}
"""Final SIP status -> why a call ended that nobody answered."""
