"""What counts as a lost call of the demo, and what does not."""

import json
from pathlib import Path

import pytest

from dialplane.demo.traffic import MISSING_S, Account, Ended, Outage
from dialplane.domain.demo import COUNTED
from dialplane.system.datafolder import DataFolder

BRAVO = frozenset({"bravo"})


def ended(status: int | None, *, at_s: float = 10.0, able: frozenset[str] = BRAVO) -> Ended:
    return Ended(status=status, at_us=0, ended_s=at_s, able=able)


@pytest.mark.parametrize(("status", "counter"), [(200, "answered"), (486, "not_wanted"), (487, "not_wanted")])
def test_a_call_that_somebody_took_is_not_lost(status: int, counter: str) -> None:
    account = Account()
    account.over("a", ended(status))
    assert account.as_json() == {**dict.fromkeys(COUNTED, 0), counter: 1, "waiting": 1, "lost_calls": []}
    assert account.arrived("a") is None
    assert account.as_json()["waiting"] == 0


def test_a_call_that_a_working_carrier_would_have_taken_is_lost() -> None:
    account = Account()
    account.over("a", ended(503))
    untaken = account.arrived("a")
    assert untaken is not None
    account.judge("a", untaken, ["alpha", "bravo"])
    assert (account.counts["lost"], account.counts["nobody_left"]) == (1, 0)
    assert account.lost == ["a: 503, though bravo would have taken it"]


@pytest.mark.parametrize(("able", "chain"), [(frozenset[str](), ["alpha", "bravo"]), (BRAVO, ["alpha"]), (BRAVO, [])])
def test_it_is_not_if_each_carrier_of_its_routes_was_off(able: frozenset[str], chain: list[str]) -> None:
    account = Account()
    account.over("a", ended(503, able=able))
    untaken = account.arrived("a")
    assert untaken is not None
    account.judge("a", untaken, chain)
    assert (account.counts["lost"], account.counts["nobody_left"]) == (0, 1)


def test_a_caller_without_any_answer_has_lost_its_call() -> None:
    account = Account()
    account.over("a", ended(None))
    assert account.as_json()["lost"] == 1


def test_a_record_is_missing_a_minute_after_the_api_was_back_and_not_before() -> None:
    account = Account()
    account.over("a", ended(200, at_s=10.0))
    account.miss(10.0 + 10 * MISSING_S)  # the API was never reached
    assert account.counts["lost"] == 0
    account.reached(1_000.0)
    account.reached(1_000.0 + MISSING_S / 2)
    account.miss(1_000.0 + MISSING_S)
    assert account.counts["lost"] == 0
    account.miss(1_000.0 + MISSING_S + 1)
    assert account.as_json()["lost_calls"] == ["a: no record"]
    account.away()
    account.over("b", ended(200, at_s=1_100.0))
    account.miss(1_100.0 + 10 * MISSING_S)
    assert account.counts["lost"] == 1


def test_the_records_of_calls_that_ended_in_an_outage_are_counted(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    outage = Outage(folder)
    outage.note("before", 1)
    folder.demo_outage.write_text(json.dumps({"at": 5_000_000, "for_s": 20}))
    for call_id, at_s in (("early", 4), ("first", 6), ("second", 25), ("late", 26)):
        outage.note(call_id, at_s * 1_000_000)
    assert outage.as_json() == {"calls": 2, "arrived": 0}
    for call_id in ("early", "first"):
        outage.has_record(call_id)
    assert outage.as_json() == {"calls": 2, "arrived": 1}
    folder.demo_outage.write_text(json.dumps({"at": 100_000_000, "for_s": 20}))
    outage.note("third", 101_000_000)
    assert outage.as_json() == {"calls": 1, "arrived": 0}
