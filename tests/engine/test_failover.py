"""The failover table, one row per SIP status (docs/domain.md, section 4)."""

import itertools

import pytest

from dialplane.domain.call import Verdict
from dialplane.engine import failover
from dialplane.engine.failover import Outcome, after, is_carrier_failure

V = Verdict
# outcome, before ringing, after a 18x, verdict
TABLE: list[tuple[Outcome, str, str, Verdict]] = [
    ("transport_error", "next", "next", V.TRANSPORT_ERROR),
    ("no_response", "next", "next", V.TIMEOUT),
    ("no_progress", "next", "next", V.TIMEOUT),
    ("no_answer", "stop", "stop", V.NO_ANSWER),
    ("cancelled", "stop", "stop", V.CANCELLED),
    *((status, "answered", "answered", V.ANSWERED) for status in (200, 202)),
    *((status, "next", "next", V.REJECTED) for status in (300, 301, 302, 305, 380)),
    *((status, "next", "next", V.REJECTED) for status in (401, 407)),
    *((status, "stop", "stop", V.REJECTED) for status in (482, 483)),
    (486, "stop", "stop", V.BUSY),
    (600, "stop", "stop", V.BUSY),
    *((status, "stop", "stop", V.REJECTED) for status in (603, 607, 608)),
    (480, "next", "stop", V.NO_ANSWER),
    (408, "next", "stop", V.TIMEOUT),
    *(
        (status, "next", "stop", V.REJECTED)
        for status in (
            400, 402, 403, 404, 405, 406, 410, 412, 413, 414, 415, 416, 417, 420, 421, 422, 423, 424, 425, 428, 429,
            430, 433, 436, 437, 438, 439, 440, 469, 470, 481, 484, 485, 487, 488, 489, 491, 493, 494, 499,
        )
    ),
    *(
        (status, "next", "next", V.CARRIER_ERROR)
        for status in (500, 501, 502, 503, 504, 505, 513, 555, 580, 599)
    ),
    *((status, "next", "stop", V.REJECTED) for status in (604, 606, 699)),
]  # fmt: skip


@pytest.mark.parametrize(("outcome", "before", "later", "verdict"), TABLE, ids=lambda value: str(value))
def test_each_outcome_leads_where_the_table_says(outcome: Outcome, before: str, later: str, verdict: Verdict) -> None:
    for ringing, action in ((False, before), (True, later)):
        step = after(outcome, ringing=ringing)
        assert (step.action, step.verdict) == (action, verdict)
        assert (step.caller_status is not None) == (action == "stop")


@pytest.mark.parametrize(("outcome", "status"), [(486, 486), (603, 603), ("no_answer", 480), ("cancelled", 487)])
def test_the_caller_hears_the_attempt_that_said_stop(outcome: Outcome, status: int) -> None:
    assert after(outcome, ringing=True).caller_status == status


def test_a_provider_may_overrule_a_status_but_never_an_answer() -> None:
    assert after(404, ringing=False, overrides={404: "stop"}) == failover.Step("stop", V.REJECTED, 404)
    assert after(486, ringing=True, overrides={486: "next"}).action == "next"
    assert after(200, ringing=False, overrides={200: "next"}).action == "answered"
    assert after("no_answer", ringing=True, overrides={480: "next"}).action == "stop"


@pytest.mark.parametrize("status", [401, 407])
def test_a_challenge_is_answered_once_where_there_are_credentials(status: int) -> None:
    assert after(status, ringing=False, can_authenticate=True).action == "authenticate"
    assert after(status, ringing=False, can_authenticate=False).action == "next"
    assert after(403, ringing=False, can_authenticate=True).action == "next"


@pytest.mark.parametrize("status", [401, 407])
def test_a_challenge_after_a_phone_has_rung_is_not_answered_it_would_ring_again(status: int) -> None:
    assert after(status, ringing=True, can_authenticate=True).action == "next"


@pytest.mark.parametrize("outcome", [100, 180, 700, "lost"])
def test_what_is_no_outcome_is_refused(outcome: Outcome) -> None:
    with pytest.raises(ValueError, match="not the outcome"):
        after(outcome, ringing=False)


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        ([], 503),
        ([503, 500], 503),
        ([302, 401], 503),
        ([503, 404], 404),
        ([480, 484, 408], 484),
        ([404, 484], 404),
        ([408, 480], 480),
        ([408, 503], 408),
        ([404, 422], 422),
        ([488, 480], 488),
        ([404, 410], 404),
        ([402, 403], 403),
        ([604, 405, 503], 405),
        ([604, 503], 604),
        ([407, 480], 480),
    ],
)
def test_when_all_were_tried_the_most_telling_status_is_the_callers(seen: list[int], status: int) -> None:
    for order in itertools.permutations(seen):
        best = min(map(failover.weigh, order), default=failover.NOTHING_TOLD)
        assert failover.status_of_weight(best) == status


@pytest.mark.parametrize("outcome", [outcome for outcome, *_ in TABLE], ids=str)
def test_only_silence_and_5xx_count_against_a_carrier(outcome: Outcome) -> None:
    """A 408 does until a phone has rung: then it is the callee who is silent. A caller's CANCEL shows nothing."""
    failures = ("transport_error", "no_response", "no_progress")
    is_5xx = isinstance(outcome, int) and 500 <= outcome < 600

    before, later = (is_carrier_failure(outcome, ringing=ringing) for ringing in (False, True))

    if outcome == "cancelled":
        assert (before, later) == (None, None)
    else:
        assert (before, later) == (outcome in (*failures, 408) or is_5xx, outcome in failures or is_5xx)
