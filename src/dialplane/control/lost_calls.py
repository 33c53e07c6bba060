"""Lost calls: those whose end no edge will report, found by what their edge reports of itself, closed with a reason.

An edge's own report of a call's end, however late, takes precedence over this. docs/decisions/0006 has the reasons.
"""

from collections.abc import AsyncIterator, Sequence

from dialplane.control.units import JOBS, Database, Writing
from dialplane.domain.call import LONGEST_SETUP_S
from dialplane.eventlog.kinds import EdgeCalls
from dialplane.store import records
from dialplane.store.queries import lost_calls as queries
from dialplane.store.queries.lost_calls import LostCall

EDGE_RESTARTED = "edge_restarted"
NO_END_REPORTED = "no_end_reported"
NOT_GOING_ON = "not_going_on"

GRACE_S = 60
"""How long after its time is up an edge may take to report that it has ended a call."""

AT_ONCE = 1_000


async def close_missing(unit: Writing, reports: Sequence[EdgeCalls]) -> list[str]:
    """Closes the open calls that their edge no longer reports; their ids. Raises Unavailable.

    To be called once all that was reported before is stored.
    """
    closed: list[str] = []
    for report in reports:
        open_calls = await queries.open_calls(
            unit,
            edge=report.edge,
            since=report.since,
            before=report.before,
            prefix=report.prefix,
            suffix=report.suffix,
        )
        reported = set(report.calls)
        lost = [LostCall(id_, report.at, NOT_GOING_ON) for id_ in open_calls if id_ not in reported]
        await _close(unit, lost, now=unit.next_instant())
        closed += [call.id for call in lost]
    return closed


async def close(db: Database, *, now: int, max_call_s: int) -> AsyncIterator[list[str]]:
    """Closes the open calls that cannot be going on any more; the ids of those of each transaction. Raises Unavailable.

    `max_call_s` is for edges that have not reported theirs.
    """
    while True:
        async with db.read(JOBS) as unit:
            lost = await queries.find(
                unit,
                now=now,
                max_call_s=max_call_s,
                max_setup_s=LONGEST_SETUP_S,
                grace_s=GRACE_S,
                cut_off_reason=EDGE_RESTARTED,
                overdue_reason=NO_END_REPORTED,
                limit=AT_ONCE,
            )
        if not lost:
            return
        async with db.write() as writing:
            await _close(writing, lost, now=now)
        yield [call.id for call in lost]


async def _close(unit: Writing, lost: Sequence[LostCall], *, now: int) -> None:
    """Their channels are free from then on, which statistics count."""
    async with records.recounted(unit, [call.id for call in lost]):
        await queries.close(unit, lost, now=now)
