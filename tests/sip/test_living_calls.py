"""Calls whose end event was lost: the edge's own list of dialogs closes them in the records, and no others."""

import pytest

from dialplane.control import calls, events
from dialplane.control.units import Database
from tests.control.making import ADMIN, EDGE_ACTOR
from tests.sip.edges import RunningEdge
from tests.sip.scenarios import ANSWER, Caller
from tests.sip.stage import Stage
from tests.waiting import eventually

pytestmark = pytest.mark.anyio

TALKS = "+493012345678"


async def test_a_call_whose_end_was_lost_is_closed_and_those_that_go_on_stay_open(stage: Stage, db: Database) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge(list_calls_s=1)

    with stage.calling(edge, Caller(number=TALKS, talk_ms=4_000)):
        stage.call(edge)
        ended, goes_on = ids(edge)
        edge.await_events("call_ended")
        await_look_without(edge, ended)
        seen = [event for event in edge.events() if event["kind"] != "call_ended"]
        stored = await events.ingest(db, EDGE_ACTOR, edge="test", events=seen)

    assert (stored.lost, stored.refused) == ((ended,), ())
    async with db.read() as unit:
        lost, open_call = [(await calls.get(unit, ADMIN, id_)).call for id_ in (ended, goes_on)]
    assert (lost.status, lost.reason) == ("hangup", "not_going_on")
    assert open_call.tm_ended is None


def ids(edge: RunningEdge) -> tuple[str, str]:
    """The call that has ended, and the one that goes on."""
    calls_of = {event["dialled"]: event["call"] for event in edge.await_events("call_started", 2)}
    return calls_of[Caller().number], calls_of[TALKS]


def await_look_without(edge: RunningEdge, call: str) -> None:
    """Until a report speaks for the time after this call began, and does not name it."""
    began = next(event["at"] for event in edge.events("call_started") if event["call"] == call)

    def told() -> bool:
        return any(report["before"] > began and call not in report["calls"] for report in edge.events("edge_calls"))

    eventually(told, what="the call to be missing")
