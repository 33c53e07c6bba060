"""A whole table replaced again and again under calls: each call is decided by the old one or the new one."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from dialplane.domain.records import record_of
from dialplane.domain.route import Route
from dialplane.replica.writer import ReplicaWriter
from tests.faults.counts import may_take_long, times
from tests.sip.edges import RunningEdge, Table, new_id
from tests.sip.scenarios import ANSWER, Caller
from tests.sip.stage import Stage
from tests.waiting import eventually

ROUTES = times(10_000, 1_000_000)
CALLS_PER_S = times(50, 100)
LASTS_S = times(5, 90)


def records(table: Table, provider_id: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """The table's own, and as many routes to one provider as there are to be."""
    yield from table.records()
    for n in range(ROUTES):
        target = f"+49{n:09}"
        route = Route(
            id=new_id(), customer_id=table.customer.id, provider_id=provider_id, priority=n % 100, target=target
        )
        yield "route", record_of(route)


def replace(edge: RunningEdge, table: Table, provider_id: str) -> float:
    """Load a new table of that size; how long it took."""
    began = time.monotonic()
    writer = ReplicaWriter(edge.config.replica)
    writer.replace(records(table, provider_id), revision=writer.revision + 1, epoch=new_id())
    writer.close()
    return time.monotonic() - began


@may_take_long
def test_no_call_fails_while_all_routes_are_replaced(stage: Stage) -> None:
    stage.table.trunk()
    provider = stage.table.provider(stage.carrier(ANSWER, traced=False).hostname)
    edge = stage.edge(debug=0)
    calls, took = CALLS_PER_S * LASTS_S, [replace(edge, stage.table, provider.id)]

    with stage.calling(
        edge, Caller(), calls=calls, per_second=CALLS_PER_S, traced=False, timeout_s=LASTS_S + 30
    ) as caller:
        while caller.poll() is None:
            took.append(replace(edge, stage.table, provider.id))

    eventually(lambda: len(edge.events("call_ended")) >= calls, what="the end of all calls")
    counts = Counter(event["kind"] for event in edge.events())
    print(
        f"\n{ROUTES:,} routes replaced {len(took) - 1} times in {min(took):.1f} to {max(took):.1f} s each under "
        f"{calls} calls: {counts['attempt_answered']} answered, {counts['call_rejected']} without a route"
    )
    assert len(took) > 1
    assert (counts["attempt_answered"], counts["call_rejected"]) == (calls, 0)
    assert len({event["revision"] for event in edge.events("call_started")}) > 1
