"""The failover table as Kamailio's script has it: a real Kamailio is asked for every outcome, and the engine agrees."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

import pytest

from dialplane.edge.call.plan import Column
from dialplane.engine import failover
from dialplane.engine.failover import ALL_FAILED, NEVER_RELAYED, Outcome
from dialplane.kamailio import render
from dialplane.kamailio.native import OUTCOME_NUMBERS
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer

STATUSES = range(300, 700)
OVERRIDES = (None, "next", "stop")
ASK = """request_route {
    if (is_method("INFO")) {
        $avp(rang) = $(hdr(X-Rang){s.int});
        $var(row) = $hdr(X-Row);
        $var(outcome) = $(hdr(X-Outcome){s.int});
        route(STEP);
        route(WEIGH);
        append_to_reply("X-Step: $var(action) $var(verdict) $var(caller_status) $var(hangup_by)\\r\\n");
        append_to_reply("X-Outcome: $var(word) $var(is_failure) $var(weight)\\r\\n");
        sl_send_reply("200", "OK");
        exit;
    }
"""


@pytest.fixture
def script(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    """A Kamailio whose script also answers what it makes of an outcome."""
    rendered = render.render
    monkeypatch.setattr(
        render, "render", lambda *of, **more: rendered(*of, **more).replace("request_route {\n", ASK, 1)
    )
    edge = stage.edge()
    with peer(edge.port) as asked:
        yield asked


class Case(NamedTuple):
    """An outcome, and what else decides."""

    outcome: Outcome
    ringing: bool
    override: str | None


def answer(script: Peer, case: Case) -> str:
    """What the script makes of it."""
    number = case.outcome if isinstance(case.outcome, int) else OUTCOME_NUMBERS[case.outcome]
    columns = [""] * len(Column)
    columns[Column.OVERRIDES] = f"299=stop;{case.outcome}={case.override}" if case.override else ""
    headers = f"X-Outcome: {number}\nX-Rang: {int(case.ringing)}\nX-Row: {'|'.join(columns)}\n"
    said = script.ask(script.request("INFO", headers=headers))
    return " ".join(re.findall(r"^X-(?:Step|Outcome): (.*?)\r?$", said, re.M))


def expected(case: Case) -> str:
    """What the engine makes of it."""
    outcome, ringing = case.outcome, case.ringing
    status = outcome if isinstance(outcome, int) else None
    step = failover.after(
        outcome, ringing=ringing, overrides={status: case.override} if status and case.override else {}
    )
    stopped = failover.after(outcome, ringing=ringing, overrides={status: "stop"} if status else {})
    heard = stopped.caller_status or ALL_FAILED
    if heard < 400 or heard in NEVER_RELAYED:
        heard = ALL_FAILED
    is_failure = failover.is_carrier_failure(outcome, ringing=ringing)
    counts = -1 if is_failure is None else int(is_failure)
    telling = failover.weigh(status) if status else failover.NOTHING_TOLD
    return f"{step.action} {step.verdict} {heard} {failover.hangup_by(outcome)} {outcome} {counts} {telling}"


def test_the_script_makes_of_each_outcome_what_the_engine_makes_of_it(script: Peer) -> None:
    words: Iterable[Outcome] = failover.OUTCOMES
    asked = [*product(words, (False, True), (None,)), *product(STATUSES, (False, True), OVERRIDES)]

    for of in asked:
        case = Case(*of)
        assert answer(script, case) == expected(case), case
