"""A call from one attempt to the next, on a transaction that remembers but does not send."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dialplane.edge.call.answers import Answers
from dialplane.edge.call.attempts import Attempts
from dialplane.edge.call.digest import Credentials
from dialplane.edge.call.own_requests import OwnRequests
from dialplane.edge.call.plan import Carrier, Plan, PlannedAttempt, branches_for, rows_of
from dialplane.edge.sip import Sip
from dialplane.engine.reasons import Reason
from dialplane.eventlog.writer import EventLog
from tests.edge.contexts import context_of, settings_in
from tests.edge.fakeksr import FakeKsr
from tests.eventlog.test_writer import written

CALL = "0e1c9a4e-6d3f-4c52-9d0c-5b2b6f1f2a11"


def attempt(name: str, **fields: Any) -> PlannedAttempt:
    settings = {
        "provider_id": f"provider-{name}",
        "around_number": ("sip:", f"@{name}"),
        "next_hops": ["sip:10.0.0.1:5060"],
        "obstacle": None,
        "headers": [],
        "codecs": "",
        "no_response_s": 3,
        "progress_s": 8,
        "ring_s": 90,
        "overrides": {},
        "max_channels": None,
        "max_cps": None,
        "has_credentials": False,
        **fields,
    }
    return PlannedAttempt(f"route-{name}", f"sip:+82@{name}", ["own_route"], Carrier(**settings))


class Transaction:
    """Kamailio's side: what it keeps, and what it says about the attempt under way."""

    def __init__(
        self,
        folder: Path,
        *attempts: PlannedAttempt,
        credentials: Credentials | None = None,
        most_branches: int = 30,
    ) -> None:
        self.kept: dict[str, str | int] = {}
        self.shared: dict[str, str] = {}
        self.counts: Counter[tuple[str, str]] = Counter()
        self.variables: dict[str, Any] = {}
        self.ksr = FakeKsr(
            {
                "pvx.avp_sets": self.kept.__setitem__,
                "pvx.avp_seti": self.kept.__setitem__,
                "pvx.avp_get": self.kept.get,
                "pv.get": self.variables.get,
                "hdr.get": "",
                "hdr.get_idx": None,
                "htable.sht_get": lambda table, key: self.shared.get(f"{table} {key}"),
                "htable.sht_inc": self._count,
                "htable.sht_rm": lambda table, key: self.shared.pop(f"{table} {key}", None),
                "htable.sht_sets": lambda table, key, text: self.shared.update({f"{table} {key}": text}),
                "tm.t_is_canceled": -1,
                "tm.t_branch_timeout": -1,
                "tm.t_branch_replied": -1,
            }
        )
        self._folder = folder
        self.log = EventLog(folder, edge="test")
        sip = Sip(self.ksr)
        context = context_of(sip, self.log, settings_in(folder, breaker_failures=0))
        self.attempts = Attempts(
            context,
            answers=Answers(
                context,
                own=OwnRequests(sip, credentials_of=lambda provider_id: credentials),
                call_of=lambda: CALL,
                won_before=lambda call, tag: False,
            ),
            credentials_of=lambda provider_id: credentials,
            most_branches=most_branches,
        )
        self.plan = Plan(CALL, "an invite", rows_of(attempts))

    def _count(self, table: str, key: str) -> int:
        self.counts[table, key] += 1
        return self.counts[table, key]

    def begin(self) -> None:
        self.attempts.begin(self.plan)

    def reply(self, n: int, status: int) -> None:
        self.variables["$rs"] = status
        self.attempts.replied(n)

    def fail(self, status: int) -> None:
        self.ksr.answers["tm.t_get_status_code"] = status
        self.attempts.failed()

    def events(self) -> list[dict[str, Any]]:
        self.log.flush()
        return written(self._folder)

    def kinds(self) -> list[str]:
        return [event["kind"] + (f":{event['n']}" if "n" in event else "") for event in self.events()]


def test_an_answered_call_has_one_answer(tmp_path: Path) -> None:
    call = Transaction(tmp_path, attempt("a"))

    call.begin()
    for status in (100, 180, 183, 200, 200):
        call.reply(1, status)

    assert call.kinds() == ["attempt_sent:1", "attempt_ringing:1", "attempt_answered:1"]


def test_ringing_raises_the_timer_once(tmp_path: Path) -> None:
    call = Transaction(tmp_path, attempt("a", ring_s=20))

    call.begin()
    for _ in range(3):
        call.reply(1, 180)

    assert call.ksr.called("tm.t_set_fr") == [[8000, 3000], [20_000, 3000]]


def test_a_ringing_that_is_seen_after_the_answer_is_not_recorded(tmp_path: Path) -> None:
    call = Transaction(tmp_path, attempt("a"))

    call.begin()
    call.reply(1, 200)
    call.reply(1, 180)

    assert call.kinds() == ["attempt_sent:1", "attempt_answered:1"]


def test_an_answer_of_an_attempt_that_was_given_up_is_late_and_recorded_once(tmp_path: Path) -> None:
    call = Transaction(tmp_path, attempt("a"), attempt("b"))

    call.begin()
    call.ksr.answers["tm.t_branch_timeout"] = 1
    call.fail(408)
    for _ in range(3):
        call.reply(1, 200)
    call.reply(2, 200)

    assert call.kinds() == [
        "attempt_sent:1", "attempt_ended:1", "attempt_sent:2", "late_answer:1", "attempt_answered:2",
    ]  # fmt: skip


@pytest.mark.parametrize("method", ["cancelled", "failed"])
def test_an_answer_after_the_call_has_ended_is_late(tmp_path: Path, method: str) -> None:
    call = Transaction(tmp_path, attempt("a"))

    call.begin()
    call.ksr.answers["tm.t_is_canceled"] = 1 if method == "cancelled" else -1
    call.fail(487 if method == "cancelled" else 503)
    call.reply(1, 200)

    assert call.kinds() == ["attempt_sent:1", "attempt_ended:1", "call_ended", "late_answer:1"]


@pytest.mark.parametrize(
    ("timed_out", "replied", "rang", "verdict", "action"),
    [
        (True, False, False, "timeout", "next"),
        (True, True, False, "timeout", "next"),
        (True, True, True, "no_answer", "stop"),
    ],
)
def test_silence_is_told_from_no_answer(
    tmp_path: Path, timed_out: bool, replied: bool, rang: bool, verdict: str, action: str
) -> None:
    call = Transaction(tmp_path, attempt("a"), attempt("b"))

    call.begin()
    if rang:
        call.reply(1, 180)
    call.ksr.answers["tm.t_branch_timeout"] = 1 if timed_out else -1
    call.ksr.answers["tm.t_branch_replied"] = 1 if replied else -1
    call.fail(408)

    [ended] = [event for event in call.events() if event["kind"] == "attempt_ended"]
    assert (ended["status"], ended["verdict"], ended["action"]) == (None, verdict, action)


def test_an_attempt_that_cannot_be_sent_is_followed_by_the_next_at_once(tmp_path: Path) -> None:
    call = Transaction(tmp_path, attempt("a"), attempt("b"))
    answers = iter((-1, 1))
    call.ksr.answers["route"] = lambda name: next(answers)

    call.begin()

    assert call.kinds() == ["attempt_sent:1", "attempt_ended:1", "attempt_sent:2"]
    assert call.events()[1]["verdict"] == "transport_error"


def test_an_attempt_that_a_cancel_keeps_from_being_sent_was_on_record_and_ends_as_cancelled(tmp_path: Path) -> None:
    call = Transaction(tmp_path, attempt("a"), attempt("b"))
    call.begin()
    call.ksr.answers["route"] = -1
    cancelled = iter((-1, 1, 1))
    call.ksr.answers["tm.t_is_canceled"] = lambda: next(cancelled)

    call.fail(503)

    assert call.kinds() == [
        "attempt_sent:1", "attempt_ended:1", "attempt_sent:2", "attempt_ended:2", "call_ended",
    ]  # fmt: skip
    assert call.events()[3]["verdict"] == "cancelled"
    assert call.ksr.called("tm.t_send_reply") == [[487, "Request Terminated"]]


def test_an_attempt_is_on_record_before_a_carrier_hears_of_it(tmp_path: Path) -> None:
    call = Transaction(tmp_path, attempt("a"))
    seen: list[str] = []

    def relay(route: str) -> int:
        seen.extend(event["kind"] for event in written(tmp_path))
        return 1

    call.ksr.answers["route"] = relay

    call.begin()

    assert seen == ["attempt_sent"]


def test_a_full_provider_is_skipped_and_numbered(tmp_path: Path) -> None:
    call = Transaction(tmp_path, attempt("a", max_cps=1), attempt("b", obstacle=Reason.UNRESOLVED), attempt("c"))
    call.shared["turns provider-a:0"] = "999.5"

    call.begin()

    assert call.kinds() == ["attempt_skipped:1", "attempt_skipped:2", "attempt_sent:3"]
    assert [event["why"] for event in call.events()[:2]] == [["own_route", "cps_cap_full"], ["own_route", "unresolved"]]
    assert call.shared["turns provider-a:0"] == "999.5"


def test_a_carriers_answer_that_says_stop_is_relayed_as_it_came(tmp_path: Path) -> None:
    call = Transaction(tmp_path, attempt("a"), attempt("b"))

    call.begin()
    call.fail(486)

    assert call.ksr.called("tm.t_send_reply") == []
    assert call.events()[-1]["status"] == 486


@pytest.mark.parametrize("status", [301, 302, 401, 407])
def test_what_must_not_reach_the_caller_becomes_503(tmp_path: Path, status: int) -> None:
    call = Transaction(tmp_path, attempt("a", overrides={status: "stop"}))

    call.begin()
    call.fail(status)

    assert call.ksr.called("tm.t_send_reply") == [[503, "Service Unavailable"]]
    assert call.ksr.called("hdr.append_to_reply") == [["Retry-After: 5\r\n"]]


def test_a_challenge_without_usable_credentials_leads_on(tmp_path: Path) -> None:
    call = Transaction(tmp_path, attempt("a", has_credentials=True), attempt("b"), credentials=None)

    call.begin()
    call.fail(407)

    assert call.kinds() == ["attempt_sent:1", "attempt_ended:1", "attempt_sent:2"]


def test_a_cancel_that_kamailio_answered_by_itself_is_recorded(tmp_path: Path) -> None:
    call = Transaction(tmp_path, attempt("a"))

    call.begin()
    call.attempts.answered_by_kamailio(call.plan.invite, cancelled=True)
    call.attempts.answered_by_kamailio(call.plan.invite, cancelled=True)

    assert call.kinds() == ["attempt_sent:1", "attempt_ended:1", "call_ended"]
    assert (call.events()[-1]["status"], call.events()[-1]["hangup_by"]) == (487, "caller")


def test_headers_and_codecs_belong_to_their_attempt(tmp_path: Path) -> None:
    call = Transaction(tmp_path, attempt("a", headers=[("X-A", "b")], codecs="PCMU"), attempt("b"))
    call.variables["$rb"] = "m=audio 1 RTP/AVP 0 8\r\n"

    call.begin()
    call.attempts.complete_invite()
    call.fail(503)

    assert call.ksr.called("tm.t_on_branch") == [["ATTEMPT"]]
    assert call.ksr.called("hdr.append") == [["X-A: b\r\n"]]
    assert call.ksr.called("textops.set_body") == [["m=audio 1 RTP/AVP 0\r\n", ""]]


def test_an_address_for_which_no_branch_is_left_is_not_tried_and_later_carriers_are_passed_over(tmp_path: Path) -> None:
    several = [f"sip:10.0.0.{n}:5060" for n in range(1, 5)]
    call = Transaction(tmp_path, attempt("a", next_hops=several), attempt("b"), most_branches=2)
    call.ksr.answers["route"] = -1

    call.begin()

    assert call.ksr.called("setdsturi") == [[several[0]], [several[1]]]
    assert call.kinds() == ["attempt_sent:1", "attempt_ended:1", "attempt_skipped:2", "call_ended"]
    assert call.events()[2]["why"] == ["own_route", "no_branch_left"]
    assert call.ksr.called("tm.t_send_reply") == [[503, "Service Unavailable"]]


def test_a_challenge_for_which_no_branch_is_left_stands(tmp_path: Path) -> None:
    credentials = Credentials("me", "secret")
    call = Transaction(
        tmp_path, attempt("a", has_credentials=True), attempt("b"), credentials=credentials, most_branches=1
    )

    call.begin()
    call.fail(407)

    assert call.kinds() == ["attempt_sent:1", "attempt_ended:1", "attempt_skipped:2", "call_ended"]
    assert (call.events()[1]["status"], call.events()[1]["verdict"]) == (407, "rejected")
    assert call.events()[2]["why"][-1] == "no_branch_left"


@pytest.mark.parametrize(("most_attempts", "branches"), [(1, 6), (10, 24), (13, 30), (30, 30)])
def test_a_transaction_has_branches_for_its_attempts_up_to_what_tm_can(most_attempts: int, branches: int) -> None:
    assert branches_for(most_attempts) == branches
