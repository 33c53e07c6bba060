"""What follows an attempt: the next one, the end, or nothing because it was answered.

The table is the rule (docs/domain.md, section 5): outcome of the attempt x whether the callee already rang.
Once the callee rang, only a carrier's own failure justifies ringing somebody again.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dialplane.domain.call import Verdict

NEXT = "next"
STOP = "stop"
ANSWERED = "answered"
AUTHENTICATE = "authenticate"

TRANSPORT_ERROR = "transport_error"
NO_RESPONSE = "no_response"
NO_PROGRESS = "no_progress"
NO_ANSWER = "no_answer"
CANCELLED = "cancelled"

Outcome = int | str
"""A SIP final status, or one of the words above for what came instead of one."""


class Rule(NamedTuple):
    """One row: what to do before a 18x and after one, what the attempt is called, what the caller gets on stop."""

    before_ringing: str
    after_ringing: str
    verdict: Verdict
    caller_status: int | None = None
    meaning: str = ""


class Step(NamedTuple):
    """`action` is next, stop, answered or authenticate; `caller_status` is set on stop."""

    action: str
    verdict: Verdict
    caller_status: int | None


OUTCOMES: Mapping[str, Rule] = {
    TRANSPORT_ERROR: Rule(NEXT, NEXT, Verdict.TRANSPORT_ERROR, None, "transport or DNS error"),
    NO_RESPONSE: Rule(NEXT, NEXT, Verdict.TIMEOUT, None, "no response within no_response_timeout_s"),
    NO_PROGRESS: Rule(NEXT, NEXT, Verdict.TIMEOUT, None, "only 100 within progress_timeout_s"),
    NO_ANSWER: Rule(STOP, STOP, Verdict.NO_ANSWER, 480, "rang, no answer within ring_timeout_s"),
    CANCELLED: Rule(STOP, STOP, Verdict.CANCELLED, 487, "the caller cancelled"),
}

STATUSES: Mapping[int, Rule] = {
    401: Rule(NEXT, NEXT, Verdict.REJECTED, None, "the carrier wants credentials"),
    407: Rule(NEXT, NEXT, Verdict.REJECTED, None, "the carrier wants credentials"),
    408: Rule(NEXT, STOP, Verdict.TIMEOUT, None, "the carrier's own time-out"),
    480: Rule(NEXT, STOP, Verdict.NO_ANSWER, None, "temporarily unavailable"),
    486: Rule(STOP, STOP, Verdict.BUSY, None, "the callee is busy"),
    600: Rule(STOP, STOP, Verdict.BUSY, None, "the callee is busy everywhere"),
    603: Rule(STOP, STOP, Verdict.REJECTED, None, "the callee declined"),
    607: Rule(STOP, STOP, Verdict.REJECTED, None, "the callee does not want this call (RFC 8197)"),
    608: Rule(STOP, STOP, Verdict.REJECTED, None, "rejected on the callee's behalf (RFC 8688)"),
}

CLASSES: Mapping[int, Rule] = {
    2: Rule(ANSWERED, ANSWERED, Verdict.ANSWERED, None, "answered"),
    3: Rule(NEXT, NEXT, Verdict.REJECTED, None, "redirect, never followed"),
    4: Rule(NEXT, STOP, Verdict.REJECTED, None, "any other 4xx"),
    5: Rule(NEXT, NEXT, Verdict.CARRIER_ERROR, None, "the carrier's failure"),
    6: Rule(NEXT, STOP, Verdict.REJECTED, None, "any other 6xx"),
}

MOST_TELLING = (404, 484, 480, 408)
"""When all were tried, the first of these that a carrier said is what the caller gets."""
ALL_FAILED = 503
RETRY_AFTER_S = 5


def rule_of(outcome: Outcome) -> Rule:
    """The row for an outcome. Raises ValueError for what is no final outcome."""
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
    """What to do after an attempt ended with `outcome`, `ringing` telling whether a 18x came before it.

    `overrides` is the provider's own map of status to next or stop. `can_authenticate`: the provider has
    credentials and this attempt has not used them yet. Raises ValueError for what is no final outcome.
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


def final_status(statuses: Iterable[int]) -> int:
    """What the caller gets when all were tried, from the SIP statuses that the carriers said (503: Retry-After)."""
    seen = set(statuses)
    return next((status for status in MOST_TELLING if status in seen), ALL_FAILED)
