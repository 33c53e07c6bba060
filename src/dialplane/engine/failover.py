"""Failover: after an attempt the next one follows, or the call ends, or the attempt was answered.

The table is the rule (docs/domain.md, section 4): outcome of the attempt x whether the callee already rang.
Once the callee rang, only a carrier's own failure justifies ringing somebody again.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from dialplane.domain.call import NEXT as NEXT
from dialplane.domain.call import HangupBy, Verdict

STOP = "stop"
ANSWERED = "answered"
AUTHENTICATE = "authenticate"

TRANSPORT_ERROR = "transport_error"
NO_RESPONSE = "no_response"
NO_PROGRESS = "no_progress"
NO_ANSWER = "no_answer"
CANCELLED = "cancelled"

Outcome = int | str
"""A SIP final status, or one of the words above if none came."""


class Evidence(StrEnum):
    """The meaning of an outcome for the carrier; its breaker counts the failures in a row (`breaker.py`)."""

    FAILURE = "failure"
    FAILURE_BEFORE_RINGING = "failure before ringing"
    WORKS = "works"
    NOTHING = ""


class Rule(NamedTuple):
    """One row: the action before a 18x and after one, the attempt's verdict, what the outcome shows of the carrier.

    `caller_status` is what the caller gets on stop, None for the outcome itself.
    """

    before_ringing: str
    after_ringing: str
    verdict: Verdict
    evidence: Evidence
    meaning: str
    caller_status: int | None = None


class Step(NamedTuple):
    """`action` is next, stop, answered or authenticate; `caller_status` is set on stop."""

    action: str
    verdict: Verdict
    caller_status: int | None


FAILURE, FAILURE_BEFORE_RINGING, WORKS, NOTHING = Evidence

OUTCOMES: Mapping[str, Rule] = {
    TRANSPORT_ERROR: Rule(NEXT, NEXT, Verdict.TRANSPORT_ERROR, FAILURE, "transport or DNS error"),
    NO_RESPONSE: Rule(NEXT, NEXT, Verdict.TIMEOUT, FAILURE, "no response within no_response_timeout_s"),
    NO_PROGRESS: Rule(NEXT, NEXT, Verdict.TIMEOUT, FAILURE, "only 100 within progress_timeout_s"),
    NO_ANSWER: Rule(STOP, STOP, Verdict.NO_ANSWER, WORKS, "rang, no answer within ring_timeout_s", 480),
    CANCELLED: Rule(STOP, STOP, Verdict.CANCELLED, NOTHING, "the caller cancelled", 487),
}

STATUSES: Mapping[int, Rule] = {
    401: Rule(NEXT, NEXT, Verdict.REJECTED, WORKS, "the carrier wants credentials"),
    407: Rule(NEXT, NEXT, Verdict.REJECTED, WORKS, "the carrier wants credentials"),
    408: Rule(NEXT, STOP, Verdict.TIMEOUT, FAILURE_BEFORE_RINGING, "the carrier's own time-out"),
    480: Rule(NEXT, STOP, Verdict.NO_ANSWER, WORKS, "temporarily unavailable"),
    482: Rule(STOP, STOP, Verdict.REJECTED, WORKS, "the call goes in a circle"),
    483: Rule(STOP, STOP, Verdict.REJECTED, WORKS, "the call goes in a circle, or by too many hops"),
    486: Rule(STOP, STOP, Verdict.BUSY, WORKS, "the callee is busy"),
    600: Rule(STOP, STOP, Verdict.BUSY, WORKS, "the callee is busy everywhere"),
    603: Rule(STOP, STOP, Verdict.REJECTED, WORKS, "the callee declined"),
    607: Rule(STOP, STOP, Verdict.REJECTED, WORKS, "the callee does not want this call (RFC 8197)"),
    608: Rule(STOP, STOP, Verdict.REJECTED, WORKS, "rejected on the callee's behalf (RFC 8688)"),
}

CLASSES: Mapping[int, Rule] = {
    2: Rule(ANSWERED, ANSWERED, Verdict.ANSWERED, WORKS, "answered"),
    3: Rule(NEXT, NEXT, Verdict.REJECTED, WORKS, "redirect, never followed"),
    4: Rule(NEXT, STOP, Verdict.REJECTED, WORKS, "any other 4xx"),
    5: Rule(NEXT, NEXT, Verdict.CARRIER_ERROR, FAILURE, "the carrier's failure"),
    6: Rule(NEXT, STOP, Verdict.REJECTED, WORKS, "any other 6xx"),
}

TELL_THE_CALLER = (422, 420, 421, 415, 488, 606, 433, 428, 494, 413)
"""Statuses of faults that the caller can mend: a longer session, another offer, another identity."""
TELL_OF_THE_CALLEE = (404, 410, 484, 480, 403, 408)
MOST_TELLING = (*TELL_THE_CALLER, *TELL_OF_THE_CALLEE)
"""When all were tried, the first of these that a carrier said is what the caller gets (RFC 3261, section 16.7, 6)."""
LESS_TELLING_CLASSES = (4, 6)
"""Then any other status of these classes; a 5xx speaks of the carrier alone."""
TELLING_HEADERS = (
    *("Min-SE", "Unsupported", "Require", "Accept", "Accept-Encoding", "Accept-Language", "Allow", "Warning", "Reason"),
    *("Retry-After", "Error-Info", "Permission-Missing", "Security-Server"),
)
"""Headers of the carrier's answer that the caller gets with its status."""
ALL_FAILED = 503
NEVER_RELAYED = (401, 407)
"""A carrier's challenge is for the edge; a caller would answer it with its own password (RFC 3261, section 22.3)."""
_WEIGHT = 1000
NOTHING_TOLD = (len(MOST_TELLING) + len(LESS_TELLING_CLASSES)) * _WEIGHT + ALL_FAILED
"""The weight of no answer that tells the caller anything (`weigh`)."""


def rule_of(outcome: Outcome) -> Rule:
    """The row for an outcome. Raises ValueError if that is no final outcome."""
    if isinstance(outcome, str):
        rule = OUTCOMES.get(outcome)
    else:
        rule = STATUSES.get(outcome) or CLASSES.get(outcome // 100)
    if rule is None:
        raise ValueError(f"not the outcome of an attempt: {outcome}")
    return rule


def after(
    outcome: Outcome, *, ringing: bool, overrides: Mapping[int, str] | None = None, can_authenticate: bool = False
) -> Step:
    """The step after an attempt ended with `outcome`; `ringing`: a 18x came before it.

    `overrides` is the provider's own map of status to next or stop. `can_authenticate`: the provider has
    credentials and this attempt has not used them yet. A challenge after a 18x is not answered: the phone would ring
    again. Raises ValueError if that is no final outcome.
    """
    rule = rule_of(outcome)
    action = rule.after_ringing if ringing else rule.before_ringing
    if outcome in (401, 407) and can_authenticate and not ringing:
        action = AUTHENTICATE
    elif isinstance(outcome, int) and outcome >= 300 and overrides and outcome in overrides:
        action = overrides[outcome]
    if action != STOP:
        return Step(action, rule.verdict, None)
    return Step(STOP, rule.verdict, rule.caller_status or (outcome if isinstance(outcome, int) else ALL_FAILED))


def is_carrier_failure(outcome: Outcome, *, ringing: bool) -> bool | None:
    """Whether an attempt that ended so counts against the carrier; None if the outcome shows nothing of it.

    Raises ValueError if that is no final outcome.
    """
    evidence = rule_of(outcome).evidence
    if evidence is NOTHING:
        return None
    return evidence is FAILURE or (evidence is FAILURE_BEFORE_RINGING and not ringing)


def hangup_by(outcome: Outcome) -> HangupBy:
    """Who ended a call whose last attempt came to this and was not followed by another."""
    if outcome == CANCELLED:
        return HangupBy.CALLER
    return HangupBy.TIMEOUT if outcome == NO_ANSWER else HangupBy.CALLEE


def weigh(status: int) -> int:
    """How little a carrier's final status tells the caller, which gets the least. Its last digits are the status."""
    if status in NEVER_RELAYED:
        return NOTHING_TOLD
    if status in MOST_TELLING:
        return MOST_TELLING.index(status) * _WEIGHT + status
    if status // 100 in LESS_TELLING_CLASSES:
        return (len(MOST_TELLING) + LESS_TELLING_CLASSES.index(status // 100)) * _WEIGHT + status
    return NOTHING_TOLD


def status_of_weight(weight: int) -> int:
    """The status that was weighed."""
    return weight % _WEIGHT
