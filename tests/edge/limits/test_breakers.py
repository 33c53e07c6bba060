"""Breakers on tables that every worker shares, at seconds that the test chooses."""

from pathlib import Path
from typing import Any

import pytest

from dialplane.domain.provider import Provider
from dialplane.edge.limits.breakers import Breakers
from dialplane.edge.sip import Sip
from dialplane.engine.breaker import BreakerRule
from dialplane.engine.failover import CANCELLED, NO_ANSWER, NO_PROGRESS, NO_RESPONSE, TRANSPORT_ERROR, Outcome
from dialplane.eventlog.writer import EventLog
from tests.edge.fakeksr import FakeKsr
from tests.eventlog.test_writer import written

PROVIDER = Provider(id="4dbeabd6-f397-4375-95d2-a38411e07ed1", type="sip", hostname="carrier.example")


class Workers:
    """Two workers of one edge, a clock, and the provider as the replica has it."""

    def __init__(self, folder: Path, *, failures: int = 3) -> None:
        self.now_s = 1_000.5
        self.provider: Provider | None = PROVIDER
        self._table: dict[str, Any] = {}
        self._folder = folder
        self._log = EventLog(folder, edge="test")
        ksr = FakeKsr(
            {
                "htable.sht_get": lambda table, key: self._table.get(key),
                "htable.sht_sets": lambda table, key, text: self._table.update({key: text}),
                "htable.sht_inc": self._count,
                "htable.sht_rm": lambda table, key: self._table.pop(key, None),
            }
        )
        rule = BreakerRule(failures=failures, open_s=30)
        self.one, self.two = (Breakers(Sip(ksr), self._log, rule, now_s=lambda: self.now_s) for _ in range(2))

    def _count(self, table: str, key: str) -> int:
        self._table[key] = self._table.get(key, 0) + 1
        return int(self._table[key])

    def attempt(self, *outcomes: Outcome, hostname: str = PROVIDER.hostname) -> None:
        for outcome in outcomes:
            self.one.attempt_ended(PROVIDER.id, f"sip:+82@{hostname}", outcome)

    def admits(self, hostname: str = PROVIDER.hostname) -> bool:
        return self.two.admits(PROVIDER.id, f"sip:+82@{hostname}")

    def is_open(self) -> bool:
        return bool(self.two.open_providers(lambda provider_id: self.provider))

    def states(self) -> list[str]:
        self._log.flush()
        return [event["state"] for event in written(self._folder)]


@pytest.mark.parametrize("outcome", [408, 500, 503, 599, NO_RESPONSE, NO_PROGRESS, TRANSPORT_ERROR])
def test_failures_in_a_row_open_it(tmp_path: Path, outcome: Outcome) -> None:
    workers = Workers(tmp_path)

    workers.attempt(outcome, outcome)
    assert not workers.is_open()
    workers.attempt(outcome, outcome)

    assert workers.is_open()
    assert workers.states() == ["open"]


@pytest.mark.parametrize("outcome", [200, 302, 403, 404, 407, 486, 603, NO_ANSWER])
def test_whatever_shows_a_carrier_at_work_begins_the_count_anew_and_closes_it(tmp_path: Path, outcome: Outcome) -> None:
    workers = Workers(tmp_path)

    workers.attempt(503, 503, outcome, 503, 503)
    assert not workers.is_open()
    workers.attempt(503)
    assert workers.is_open()
    workers.attempt(outcome)

    assert not workers.is_open()
    assert workers.states() == ["open", "closed"]


def test_a_408_after_a_phone_has_rung_is_the_callees(tmp_path: Path) -> None:
    workers = Workers(tmp_path)

    workers.attempt(503, 503)
    workers.one.attempt_ended(PROVIDER.id, f"sip:+82@{PROVIDER.hostname}", 408, has_rung=True)
    workers.attempt(503, 503)

    assert not workers.is_open()


def test_a_cancelled_attempt_says_nothing(tmp_path: Path) -> None:
    workers = Workers(tmp_path)

    workers.attempt(503, 503, CANCELLED, 503)

    assert workers.is_open()


def test_after_a_while_one_attempt_is_let_through_and_no_other(tmp_path: Path) -> None:
    workers = Workers(tmp_path)
    workers.attempt(503, 503, 503)

    workers.now_s += 29
    assert (workers.is_open(), workers.admits()) == (True, False)
    workers.now_s += 1
    assert [workers.admits() for _ in range(3)] == [True, False, False]
    assert workers.is_open()
    workers.now_s += 30
    assert [workers.admits() for _ in range(2)] == [True, False]

    assert workers.states() == ["open", "half_open"]


def test_calls_that_are_only_decided_take_no_trial_from_those_that_lead_there(tmp_path: Path) -> None:
    workers = Workers(tmp_path)
    workers.attempt(503, 503, 503)
    workers.now_s += 30

    assert not any(workers.is_open() for _ in range(100))

    assert workers.states() == ["open"]
    assert workers.admits()


def test_what_is_closed_or_elsewhere_is_let_through(tmp_path: Path) -> None:
    workers = Workers(tmp_path)
    assert workers.admits()
    workers.attempt(503, 503, 503)

    assert workers.admits("elsewhere.example")

    workers.attempt(200)
    assert [workers.admits() for _ in range(2)] == [True, True]
    assert workers.states() == ["open", "closed"]


def test_a_failed_trial_opens_it_for_as_long_again(tmp_path: Path) -> None:
    workers = Workers(tmp_path)
    workers.attempt(503, 503, 503)
    workers.now_s += 30
    assert workers.admits()

    workers.attempt(NO_RESPONSE)

    workers.now_s += 29
    assert workers.is_open()
    assert workers.states() == ["open", "half_open", "open"]


def test_a_trial_that_gets_through_closes_it(tmp_path: Path) -> None:
    workers = Workers(tmp_path)
    workers.attempt(503, 503, 503)
    workers.now_s += 30
    assert workers.admits()

    workers.attempt(200)

    assert not workers.is_open()
    assert workers.states() == ["open", "half_open", "closed"]


def test_a_provider_that_moves_begins_anew(tmp_path: Path) -> None:
    workers = Workers(tmp_path)
    workers.attempt(503, 503, 503)

    workers.provider = Provider(id=PROVIDER.id, type="sip", hostname="elsewhere.example")
    assert not workers.is_open()
    workers.attempt(503, 503, hostname="elsewhere.example")

    assert not workers.is_open()
    assert workers.states() == ["open", "closed"]
    assert {event["hostname"] for event in written(tmp_path)} == {PROVIDER.hostname}


def test_without_a_limit_nothing_opens(tmp_path: Path) -> None:
    workers = Workers(tmp_path, failures=0)

    workers.attempt(*[503] * 20)

    assert not workers.is_open()
