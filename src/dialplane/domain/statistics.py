"""Statistics of calls and attempts, each figure defined once: what a record counts for, and what sums of those say.

A record is a call with its attempts. `contribution` says what it counts for and where; statistics are the sum over all
records. So when a record changes, what it counted for is subtracted and what it counts for now is added.

Delays are counted in buckets of a log-linear histogram: 32 buckets of 1 ms, then 16 for each power of two. A percentile
is the middle of the bucket that holds the nearest rank, at most 1/32 (3.2 %) from the exact one.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from operator import add, sub
from typing import Any, NamedTuple, Protocol

from dialplane.domain.call import LONGEST_CALL_MS, NEXT, Verdict
from dialplane.domain.instants import MINUTE_US

Row = Mapping[str, Any]
"""A row of `calls` or `attempts`: instants in us (`tm_`), or ns of the edge's monotonic clock (`mono_`); None if it has
not happened.
"""

NO_STATUS = "none"
"""Stands for the SIP status of an attempt that ended without any reply."""

NO_DELAY = -1
"""Stands for the bucket of what neither rang nor was answered."""

_REACHED = frozenset({Verdict.BUSY.value, Verdict.NO_ANSWER.value})


class Figures(NamedTuple):
    """What is counted. Of attempts: by provider, route, target or SIP status. Of calls: by customer, trunk or edge.

    seized        INVITEs sent; calls
    skipped       attempts without an INVITE
    answered      answered ones
    effective     answered, busy, or not answered by the callee; a call if any attempt was
    moved_on      attempts after which the next one was to follow; calls with more than one INVITE
    saved         answered ones before which another carrier was tried in vain
    refused       calls that ended without any INVITE to a carrier
    late_answers  attempts that were answered after they had been given up
    ended         answered ones whose end is on record, and `duration_ms` the sum from answer to end
    """

    seized: int = 0
    skipped: int = 0
    answered: int = 0
    effective: int = 0
    moved_on: int = 0
    saved: int = 0
    refused: int = 0
    late_answers: int = 0
    ended: int = 0
    duration_ms: int = 0


_SEIZED, _SKIPPED, _EFFECTIVE, _SAVED, _LATE = map(
    Figures._fields.index, ("seized", "skipped", "effective", "saved", "late_answers")
)


class Sums(Protocol):
    """What rates are computed of: `Figures`, or anything that has them."""

    @property
    def seized(self) -> int: ...
    @property
    def answered(self) -> int: ...
    @property
    def effective(self) -> int: ...
    @property
    def moved_on(self) -> int: ...
    @property
    def ended(self) -> int: ...
    @property
    def duration_ms(self) -> int: ...


class AttemptPlace(NamedTuple):
    """Where an attempt counts: in the minute (us) in which its INVITE was sent. "" is what is not known.

    `delay`: bucket of its post-dial delay, or NO_DELAY.
    """

    minute: int
    customer_id: str
    provider_id: str
    route_id: str
    target: str
    status: str
    delay: int


class CallPlace(NamedTuple):
    """Where a call counts: in the minute (us) in which it came in. `provider_ids`: those it had an attempt to."""

    minute: int
    customer_id: str
    trunk_id: str
    edge: str
    provider_ids: tuple[str, ...]
    delay: int


Counts = tuple[int, ...]
"""Figures in the order of `Figures`, without their names."""

Place = AttemptPlace | CallPlace
Contribution = dict[Place, Counts]


def contribution(call: Row, attempts: Iterable[Row]) -> Contribution:
    """What a call and its attempts, in their order, count for. A part whose begin is not on record counts nowhere."""
    counted: Contribution = {}
    customer_id = call["customer_id"] or ""
    talk_ms = duration_ms(call)
    sent = skipped = effective = saved = late = 0
    provider_ids: set[str] = set()
    for attempt in attempts:
        figures = _of_attempt(attempt, talk_ms, is_second=sent > 0)
        sent += figures[_SEIZED]
        skipped += figures[_SKIPPED]
        effective += figures[_EFFECTIVE]
        saved += figures[_SAVED]
        late += figures[_LATE]
        if provider_id := attempt["provider_id"]:
            provider_ids.add(provider_id)
        if attempt["tm_placed"] is not None:
            place = _place_of_attempt(attempt, customer_id)
            counted[place] = figures if place not in counted else tuple(map(add, counted[place], figures))
    if call["tm_start"] is not None:
        answered = call["tm_answered"] is not None
        counted[_place_of_call(call, customer_id, tuple(sorted(provider_ids)))] = (
            1,
            skipped,
            1 if answered else 0,
            1 if answered or effective else 0,
            1 if sent > 1 else 0,
            1 if saved else 0,
            1 if not sent and not answered and call["tm_ended"] is not None else 0,
            late,
            0 if talk_ms is None else 1,
            talk_ms or 0,
        )
    return counted


def _of_attempt(attempt: Row, talk_ms: int | None, *, is_second: bool) -> Counts:
    """Its figures, but not `refused`, which only a call has."""
    skipped, is_late = attempt["skipped"], attempt["tm_late_answer"] is not None
    seized, late, next_ = int(skipped == 0), int(is_late), int(attempt["action"] == NEXT)
    if attempt["tm_answered"] is None:
        effective = int(not is_late and attempt["verdict"] in _REACHED)
        return seized, int(skipped == 1), 0, effective, next_, 0, 0, late, 0, 0
    ended, saved = int(talk_ms is not None), int(is_second and skipped == 0)
    return seized, int(skipped == 1), 1, 1, next_, saved, 0, late, ended, talk_ms or 0


def _place_of_attempt(attempt: Row, customer_id: str) -> AttemptPlace:
    placed, ringing, answered, status = attempt["tm_placed"], attempt["tm_ringing"], attempt["tm_answered"], ""
    if answered is not None:
        status = str(attempt["answered_status"] or 200)
    elif attempt["tm_ended"] is not None:
        status = str(attempt["ended_status"] or NO_STATUS)
    is_sent = attempt["skipped"] == 0
    return AttemptPlace._make(
        (
            placed - placed % MINUTE_US,
            customer_id,
            attempt["provider_id"] or "",
            attempt["route_id"] or "",
            attempt["target"] or "",
            status,
            bucket_of(elapsed_ms(placed, answered if ringing is None else ringing)) if is_sent else NO_DELAY,
        )
    )


def _place_of_call(call: Row, customer_id: str, provider_ids: tuple[str, ...]) -> CallPlace:
    start = call["tm_start"]
    delay = bucket_of(call_pdd_ms(call))
    place = (start - start % MINUTE_US, customer_id, call["trunk_id"] or "", call["edge"], provider_ids, delay)
    return CallPlace._make(place)


def _add(counted: Contribution, place: Place, counts: Counts) -> None:
    present = counted.get(place)
    counted[place] = counts if present is None else tuple(map(add, present, counts))


def change(before: Contribution, after: Contribution) -> Contribution:
    """What is to be added to the sum over all records after one that counted for `before` counts for `after`."""
    if not before:
        return after
    changed: Contribution = {}
    for place in before.keys() | after.keys():
        old, new = before.get(place, _NOTHING), after.get(place, _NOTHING)
        if old != new:
            changed[place] = tuple(map(sub, new, old))
    return changed


_NOTHING: Counts = Figures()


def duration_ms(call: Row) -> int | None:
    """Answer to end of a call, as its edge reported it; None for one that was lost."""
    return elapsed_ms(call["tm_answered"], call["tm_ended"], call["mono_answered"], call["mono_ended"])


def call_pdd_ms(call: Row) -> int | None:
    """Post-dial delay of a call: INVITE to first ringing, or to the answer if nothing rang."""
    sign = "answered" if call["tm_ringing"] is None else "ringing"
    return elapsed_ms(call["tm_start"], call[f"tm_{sign}"], call["mono_start"], call[f"mono_{sign}"])


def attempt_pdd_ms(attempt: Row) -> int | None:
    """The same of an attempt whose INVITE was sent."""
    if attempt["skipped"] != 0:
        return None
    ringing = attempt["tm_ringing"]
    return elapsed_ms(attempt["tm_placed"], attempt["tm_answered"] if ringing is None else ringing)


def elapsed_ms(
    first_us: int | None, second_us: int | None, first_ns: int | None = None, second_ns: int | None = None
) -> int | None:
    """By the monotonic clock, which no one sets; by the wall clock if the edge was restarted in between.

    None if either has not happened. Never more than LONGEST_CALL_MS, whatever a clock says.
    """
    if first_us is None or second_us is None:
        return None
    if first_ns and second_ns and first_ns <= second_ns:
        return min((second_ns - first_ns) // 1_000_000, LONGEST_CALL_MS)
    return min(max(0, second_us - first_us) // 1_000, LONGEST_CALL_MS)


def asr(figures: Sums) -> float | None:
    """Answer-seizure ratio, 0 to 1; None if nothing was seized, as all rates (ITU-T E.411)."""
    return figures.answered / figures.seized if figures.seized else None


def ner(figures: Sums) -> float | None:
    """Network effectiveness ratio, 0 to 1: a callee who is busy or does not answer was reached (ITU-T E.425)."""
    return figures.effective / figures.seized if figures.seized else None


def failover_rate(figures: Sums) -> float | None:
    """Share that moved on to the next carrier, 0 to 1."""
    return figures.moved_on / figures.seized if figures.seized else None


def acd_ms(figures: Sums) -> int | None:
    """Average call duration: of the answered ones whose end is on record; None if there is none."""
    return figures.duration_ms // figures.ended if figures.ended else None


_EXACT_BITS = 5
_HALF = 1 << (_EXACT_BITS - 1)


def bucket_of(delay_ms: int | None) -> int:
    """The histogram's bucket of a delay, 0 to 463; NO_DELAY for none."""
    if delay_ms is None:
        return NO_DELAY
    shift = delay_ms.bit_length() - _EXACT_BITS
    return delay_ms if shift <= 0 else _HALF * shift + (delay_ms >> shift)


def middle_of(bucket: int) -> int:
    """The delay (ms) in the middle of a bucket."""
    shift = max(0, bucket // _HALF - 1)
    return ((bucket - _HALF * shift) << shift) + ((1 << shift) >> 1)


DELAYS_UNTIL_MS = (50, 100, 250, 500, 1_000, 2_000, 3_000, 5_000, 10_000)
"""Bounds of the classes that a picture of delays has; the last class has none."""


def classes_of(delays: Mapping[int, int]) -> tuple[int, ...]:
    """How many delays of a histogram (bucket -> count) are below each of DELAYS_UNTIL_MS, and above the last."""
    counts = [0] * (len(DELAYS_UNTIL_MS) + 1)
    for bucket, count in delays.items():
        if bucket != NO_DELAY:
            counts[bisect_right(DELAYS_UNTIL_MS, middle_of(bucket))] += count
    return tuple(counts)


def percentile_ms(delays: Mapping[int, int], percent: int) -> int | None:
    """The nearest-rank percentile of a histogram (bucket -> count); None if it is empty."""
    rank = -(-sum(delays.values()) * percent // 100)
    for bucket in sorted(delays):
        rank -= delays[bucket]
        if rank <= 0 and delays[bucket]:
            return middle_of(bucket)
    return None
