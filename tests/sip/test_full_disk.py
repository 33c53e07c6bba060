"""An edge whose disk takes no more: calls go on, what could not be recorded is counted, and then all is well again."""

import json
import resource
from collections import Counter

from dialplane.eventlog.kinds import CallEvent
from dialplane.eventlog.reader import Backlog
from tests.sip.edges import RunningEdge
from tests.sip.process_group import members
from tests.sip.scenarios import ANSWER, Caller, refuse
from tests.sip.stage import Stage
from tests.waiting import eventually

CALLS = 20
EVENTS_OF_A_CALL = 7
ROOM = 3_000
"""Bytes that a file may still grow by: a call and a half, so that a line is torn."""


def limit_files(edge: RunningEdge, size: int) -> None:
    """No process of the edge's gets a file beyond this size."""
    for pid in members(edge.group):
        hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def told(edge: RunningEdge) -> dict[str, int]:
    """What Kamailio tells the agent."""
    return dict(json.loads((edge.config.run / "load.json").read_text()))


def test_calls_go_on_without_room_for_their_events_whose_loss_is_counted_to_the_last(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(refuse(503), traced=False).hostname)
    stage.table.provider(stage.carrier(ANSWER, traced=False).hostname)
    edge = stage.edge(debug=0)
    stage.call(edge, traced=False)
    edge.await_events("call_ended")
    [path] = edge.config.events.glob("*.jsonl")

    limit_files(edge, path.stat().st_size + ROOM)
    stage.call(edge, Caller(talk_ms=100), calls=CALLS, per_second=20, traced=False)
    limit_files(edge, resource.RLIM_INFINITY)
    stage.call(edge, Caller(talk_ms=100), calls=CALLS, per_second=20, traced=False)

    backlog = Backlog(edge.config.events)
    eventually(lambda: path.read_bytes().count(b'"call_ended"') > CALLS, what="the last calls' events")
    batch = backlog.next_batch()
    assert batch is not None
    kept = Counter(event.call for event in batch.events if isinstance(event, CallEvent))
    placed = (1 + CALLS + CALLS) * EVENTS_OF_A_CALL
    eventually(lambda: told(edge)["events_lost"] >= placed - kept.total() > 0, what="the loss to be told")
    lost = told(edge)["events_lost"]
    print(f"\nDisk full: {CALLS} of {CALLS} calls carried, {lost} events lost and counted, {kept.total()} kept")
    assert kept.total() + lost == placed
    assert Counter(kept.values())[EVENTS_OF_A_CALL] >= 1 + CALLS
    assert len(batch.refused) <= 1
