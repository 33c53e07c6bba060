"""Lists of calls by what became of them: each filter means the calls whose own record says so."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import update

from dialplane.control import calls, events, providers
from dialplane.control.calls import CallRecord
from dialplane.control.units import Database
from dialplane.domain.call import Verdict
from dialplane.domain.instants import DAY_US, format_instant
from dialplane.store import tables
from tests.control.making import ADMIN, EDGE_ACTOR
from tests.control.seen import PROVIDERS, ROUTE, event, uuid_of

pytestmark = pytest.mark.anyio

SECOND = 1_000_000
SEED = 20_261_127
CALLS = 200


NUMBERS = ("+442071234567", "+442079460000", "+4930123456", "")
ENDINGS = ((486, "Busy Here", "edge"), (480, "Temporarily Unavailable", "edge"), (503, "No 100% route", "edge"),
           (487, "Request Terminated", "caller"), (503, "Timed out", "timeout"), (404, "No route", "edge"))  # fmt: skip


@dataclass
class Drawn:
    """A call as it was drawn: its INVITEs, which of them was answered, and how it was reported to have ended."""

    id: str
    number: str
    edge: str
    sent: int
    skipped: int
    is_answered: bool
    ending: tuple[int, str, str] | None

    def events(self, at: int) -> list[dict[str, Any]]:
        """What its edge reports of it."""
        tried = {"provider_id": PROVIDERS[0], "route_id": ROUTE, "why": []}
        found = [
            event("call_started", at, call=self.id, edge=self.edge, number=self.number, sip_call_id=f"{self.id}@pbx")
        ]
        found += [
            event("attempt_skipped", at + n, call=self.id, edge=self.edge, n=n + 1, **tried)
            for n in range(self.skipped)
        ]
        found += [
            event("attempt_sent", at + n, call=self.id, edge=self.edge, n=n + 1, **tried)
            for n in range(self.skipped, self.skipped + self.sent)
        ]
        if self.is_answered:
            last = self.skipped + self.sent
            found.append(event("attempt_answered", at + last, call=self.id, edge=self.edge, n=last, status=200))
        if self.ending:
            status, reason, by = self.ending
            ended = {"status": 200 if self.is_answered else status, "reason": reason, "hangup_by": by}
            found.append(event("call_ended", at + 50, call=self.id, edge=self.edge, **ended))
        return found


def drawn(draw: random.Random, number: int) -> Drawn:
    sent = draw.randrange(4)
    return Drawn(
        id=uuid_of(5_000 + number),
        number=draw.choice(NUMBERS),
        edge=draw.choice(("edge-1", "edge-2")),
        sent=sent,
        skipped=draw.randrange(2),
        is_answered=sent > 0 and draw.random() < 0.4,
        ending=draw.choice((None, *ENDINGS)),
    )


@pytest.fixture
async def drawn_calls(db: Database) -> list[Drawn]:
    """Calls of all kinds; some of them were closed as lost, of which some were reported to have ended after all."""
    draw, now = random.Random(SEED), db.now()
    made = [drawn(draw, number) for number in range(CALLS)]
    for edge in ("edge-1", "edge-2"):
        batch = [one for call in made if call.edge == edge for one in call.events(now)]
        assert (await events.ingest(db, EDGE_ACTOR, edge=edge, events=batch)).refused == ()
    async with db.write() as unit:
        some = tables.calls.c.id.in_([call.id for call in draw.sample(made, CALLS // 3)])
        lost = update(tables.calls).where(some).values(tm_lost=now + SECOND, lost_reason="the edge was silent")
        await unit.run(lambda connection: connection.execute(lost))
    return made


def sent(record: CallRecord) -> int:
    return sum(attempt.verdict != Verdict.SKIPPED for attempt in record.call.attempts)


def is_saved(record: CallRecord) -> bool:
    """Another carrier was tried before the one that answered."""
    tried = [attempt for attempt in record.call.attempts if attempt.verdict != Verdict.SKIPPED]
    return any(attempt.tm_answered is not None for attempt in tried[1:])


def unanswered(reason: str | None) -> Callable[[CallRecord], bool]:
    """Whether a call is over and unanswered; for just this reason, if there is one."""

    def means(record: CallRecord) -> bool:
        call = record.call
        is_over = call.tm_ended is not None and call.tm_answered is None
        return is_over and (reason is None or call.hangup_reason == reason)

    return means


async def carrier(db: Database, id_: str) -> None:
    """A provider with this id, so that a filter may name it."""
    async with db.change(ADMIN, "provider.create") as unit:
        await providers.USE_CASES.create(unit, ADMIN, {"type": "sip", "hostname": "sip.carrier.example"}, id_=id_)


FILTERS: list[tuple[dict[str, Any], Callable[[CallRecord], bool]]] = [
    ({"verdict": "answered"}, lambda record: record.call.tm_answered is not None),
    ({"verdict": "saved"}, is_saved),
    ({"verdict": "unanswered"}, unanswered(None)),
    *[({"verdict": reason}, unanswered(reason)) for reason in ("busy", "noanswer", "cancel", "dialout", "failed")],
    ({"verdict": "lost"}, lambda record: record.call.reason == "the edge was silent"),
    (
        {"verdict": "refused"},
        lambda record: unanswered(None)(record) and not sent(record) and record.call.reason != "the edge was silent",
    ),
    ({"min_attempts": 1}, lambda record: sent(record) >= 1),
    ({"min_attempts": 3}, lambda record: sent(record) >= 3),
    ({"edge": "edge-2"}, lambda record: record.call.edge == "edge-2"),
    ({"reason": "NO"}, lambda record: "no" in record.call.reason.lower()),
    ({"reason": "100% r"}, lambda record: "100% r" in record.call.reason),
    ({"reason": "silent"}, lambda record: "silent" in record.call.reason),
    ({"number_prefix": "+4420"}, lambda record: record.call.number.startswith("+4420")),
    ({"number_suffix": "60000"}, lambda record: record.call.number.endswith("60000")),
    ({"sip_call_id": f"{uuid_of(5_007)}@pbx"}, lambda record: record.call.id == uuid_of(5_007)),
    ({"verdict": "saved", "edge": "edge-1"}, lambda record: is_saved(record) and record.call.edge == "edge-1"),
]


TYPED: list[tuple[str, Callable[[CallRecord], bool]]] = [
    ("verdict:saved", is_saved),
    ("verdict:unanswered", unanswered(None)),
    ("is:talking", lambda record: record.call.tm_ended is None and record.call.tm_answered is not None),
    ("is:ended", lambda record: record.call.tm_ended is not None),
    ("attempts:>=2", lambda record: sent(record) >= 2),
    ("attempts:1..2", lambda record: 1 <= sent(record) <= 2),
    ("attempts:0", lambda record: sent(record) == 0),
    ("edge:edge-2", lambda record: record.call.edge == "edge-2"),
    ("reason:NO", lambda record: "no" in record.call.reason.lower()),
    ("number:+4420*", lambda record: record.call.number.startswith("+4420")),
    ("number:*60000", lambda record: record.call.number.endswith("60000")),
    ("number:+4930123456", lambda record: record.call.number == "+4930123456"),
    ("4930", lambda record: record.call.number.startswith("+4930")),
    ("+4420", lambda record: record.call.number.startswith("+4420")),
    (f"callid:{uuid_of(5_007)}@pbx", lambda record: record.call.id == uuid_of(5_007)),
    (f"{uuid_of(5_008)}@pbx", lambda record: record.call.id == uuid_of(5_008)),
    (str(uuid_of(5_009)), lambda record: record.call.id == uuid_of(5_009)),
    (f"provider:{PROVIDERS[0]}", lambda record: bool(record.call.attempts)),
]
"""A term -> the calls that it means; with a minus before it, all others."""


async def test_each_term_of_a_filter_means_its_calls_and_with_a_minus_all_others(
    db: Database, drawn_calls: list[Drawn]
) -> None:
    """Also where something is not known of a call: it has no customer here, or no number."""
    await carrier(db, PROVIDERS[0])
    async with db.read() as unit:
        stored = await calls.list_(unit, ADMIN, page_size=CALLS + 1)
        for text, means in TYPED:
            fit = {record.call.id for record in stored if means(record)}
            assert 0 < len(fit) < CALLS, text
            for is_not, expected in ((False, fit), (True, {record.call.id for record in stored} - fit)):
                found = await calls.list_(unit, ADMIN, page_size=CALLS + 1, filter=f"{'-' * is_not}{text}")
                assert {record.call.id for record in found} == expected, (text, is_not)
        both = await calls.list_(unit, ADMIN, page_size=CALLS + 1, edge="edge-1", filter="edge:edge-2")
        assert both == [], "a filter is one condition among others"
        recent = await calls.list_(unit, ADMIN, page_size=CALLS + 1, filter="started:<1h -started:>1h started:<1d")
        assert len(recent) == CALLS
        assert await calls.list_(unit, ADMIN, filter="started:>1h") == []
        assert await calls.list_(unit, ADMIN, filter="-started:<1h") == []


async def test_calls_of_a_part_of_time_are_named_by_its_bounds(db: Database, drawn_calls: list[Drawn]) -> None:
    async with db.read() as unit:
        stored = await calls.list_(unit, ADMIN, page_size=CALLS + 1)
        today, tomorrow = (format_instant(db.now() + days * DAY_US)[:10] for days in (-1, 2))
        for text in (f">={today}", f"{today}..{tomorrow}", f"<{tomorrow}", f">={today} started:<{tomorrow}T12:30"):
            found = await calls.list_(unit, ADMIN, page_size=CALLS + 1, filter=f"started:{text}")
            assert [one.call.id for one in found] == [one.call.id for one in stored], text
            assert await calls.list_(unit, ADMIN, filter=f"-started:{text.split()[0]}") == []
        for text in (f"<{today}", f">={tomorrow}", "2020-01-01..2020-02-01"):
            assert await calls.list_(unit, ADMIN, filter=f"started:{text}") == []


async def test_each_filter_means_the_calls_whose_record_says_so(db: Database, drawn_calls: list[Drawn]) -> None:
    """With and without a window of time, and page by page."""
    async with db.read() as unit:
        stored = await calls.list_(unit, ADMIN, page_size=CALLS + 1)
        assert len(stored) == len(drawn_calls)
        for filters, means in FILTERS:
            expected = [record.call.id for record in stored if means(record)]
            assert 0 < len(expected) < CALLS, filters
            windows: list[dict[str, Any]] = [{}, {"started_from": 0, "started_until": db.now() + SECOND}]
            for window in windows:
                found = await calls.list_(unit, ADMIN, page_size=CALLS + 1, **filters, **window)
                assert [record.call.id for record in found] == expected, filters
            (first,) = await calls.list_(unit, ADMIN, page_size=1, **filters)
            rest = await calls.list_(unit, ADMIN, page_size=CALLS + 1, before=first.tm_create, **filters)
            assert [first.call.id, *(record.call.id for record in rest)] == expected, filters
