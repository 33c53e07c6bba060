"""Statistics of calls and attempts, each figure defined once: what a record counts for, and what sums of those say.

A record is a call with its attempts. `contribution` says what it counts for and where; statistics are the sum over all
records. So when a record changes, what it counted for is subtracted and what it counts for now is added.

Delays are counted in buckets of a log-linear histogram: 32 buckets of 1 ms, then 16 for each power of two. A percentile
is the middle of the bucket that holds the nearest rank, at most 1/32 (3.2 %) from the exact one.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from operator import add, neg, sub
from typing import NamedTuple, Protocol

from dialplane.domain.call import LONGEST_CALL_MS, NEXT, Verdict
from dialplane.domain.instants import MINUTE_US

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
    attempts      INVITEs that were sent for calls
    shed          calls that an edge was too busy for; they have no record, the edge counts them
    taken         channels that INVITEs took, less those that became free; by provider alone
    held_ms       the instants (ms since 1970) at which channels became free, less those at which they were taken
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
    attempts: int = 0
    shed: int = 0
    taken: int = 0
    held_ms: int = 0


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


class CountedCall(NamedTuple):
    """What is counted of a call's record; None is what has not happened, or not been reported.

    Instants in us since 1970 (`tm_`), or in ns of the edge's monotonic clock (`mono_`).
    """

    tm_start: int | None
    mono_start: int | None
    customer_id: str | None
    trunk_id: str | None
    tm_ringing: int | None
    mono_ringing: int | None
    tm_answered: int | None
    mono_answered: int | None
    tm_ended: int | None
    mono_ended: int | None
    edge: str
    tm_lost: int | None


class CountedAttempt(NamedTuple):
    """What is counted of the record of an attempt, likewise. `skipped`: 1 if no INVITE was sent."""

    tm_placed: int | None
    skipped: int | None
    provider_id: str | None
    route_id: str | None
    target: str | None
    tm_ringing: int | None
    tm_answered: int | None
    answered_status: int | None
    tm_ended: int | None
    ended_status: int | None
    verdict: str | None
    action: str | None
    tm_late_answer: int | None


class TimedCall(Protocol):
    """Of a known duration and delay: `CountedCall`, or any row of a call."""

    @property
    def tm_start(self) -> int | None: ...
    @property
    def mono_start(self) -> int | None: ...
    @property
    def tm_ringing(self) -> int | None: ...
    @property
    def mono_ringing(self) -> int | None: ...
    @property
    def tm_answered(self) -> int | None: ...
    @property
    def mono_answered(self) -> int | None: ...
    @property
    def tm_ended(self) -> int | None: ...
    @property
    def mono_ended(self) -> int | None: ...


class TimedAttempt(Protocol):
    """Of a known delay: `CountedAttempt`, or any row of an attempt."""

    @property
    def tm_placed(self) -> int | None: ...
    @property
    def skipped(self) -> int | None: ...
    @property
    def tm_ringing(self) -> int | None: ...
    @property
    def tm_answered(self) -> int | None: ...


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


def contribution(call: CountedCall, attempts: Iterable[CountedAttempt]) -> Contribution:
    """What a call and its attempts, in their order, count for. A part whose begin is not on record counts nowhere."""
    counted: Contribution = {}
    customer_id = call.customer_id or ""
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
        if provider_id := attempt.provider_id:
            provider_ids.add(provider_id)
        if (placed := attempt.tm_placed) is not None:
            _count(counted, _place_of_attempt(attempt, placed, customer_id), figures)
            if attempt.skipped == 0 and provider_id:
                _count_channel(counted, customer_id, provider_id, placed, _freed(call, attempt, placed))
    if (start := call.tm_start) is not None:
        answered = call.tm_answered is not None
        counted[_place_of_call(call, start, customer_id, tuple(sorted(provider_ids)))] = (
            1,
            skipped,
            1 if answered else 0,
            1 if answered or effective else 0,
            1 if sent > 1 else 0,
            1 if saved else 0,
            1 if not sent and not answered and call.tm_ended is not None else 0,
            late,
            0 if talk_ms is None else 1,
            talk_ms or 0,
            sent,
            *_NONE_OF_CALLS,
        )
    return counted


OF_CHANNELS = ("taken", "held_ms")

_NONE_OF_ATTEMPTS: Counts = (0, 0, 0, 0)
_NONE_OF_CALLS: Counts = (0, 0, 0)
"""The last figures, which only others have."""


def _count(counted: Contribution, place: Place, figures: Counts) -> None:
    counted[place] = figures if place not in counted else tuple(map(add, counted[place], figures))


def _freed(call: CountedCall, attempt: CountedAttempt, placed: int) -> int | None:
    """When the channel of an INVITE became free: once the attempt or the call was over, or the call was lost."""
    over = call.tm_lost if call.tm_ended is None else call.tm_ended
    ends = [end for end in (attempt.tm_ended, over) if end is not None]
    return max(placed, min(ends)) if ends else None


def _count_channel(counted: Contribution, customer_id: str, provider_id: str, taken: int, freed: int | None) -> None:
    """A channel counts where it is taken and where it becomes free: between two instants as many are in use as at the
    first, and those that were taken since, less those that became free. Sums of any length say so, and how long.
    """
    for instant, sign in ((taken, 1), (freed, -1)):
        if instant is not None:
            place = AttemptPlace(instant - instant % MINUTE_US, customer_id, provider_id, "", "", "", NO_DELAY)
            _count(counted, place, (*_NO_CHANNEL, sign, -sign * (instant // 1_000)))


_NO_CHANNEL: Counts = (0,) * Figures._fields.index("taken")


def of_shed(shed: Mapping[int, int], *, edge: str) -> Contribution:
    """What calls count for that an edge was too busy for: instant (us) at which it told of them -> how many."""
    counted: Contribution = {}
    for instant, calls in shed.items():
        place = CallPlace(instant - instant % MINUTE_US, "", "", edge, (), NO_DELAY)
        _count(counted, place, Figures(shed=calls))
    return counted


def _of_attempt(attempt: CountedAttempt, talk_ms: int | None, *, is_second: bool) -> Counts:
    """Its figures, but not `refused`, which only a call has."""
    _, skipped, _, _, _, _, answered, _, _, _, verdict, action, late_answer = attempt
    seized, passed_over, next_ = int(skipped == 0), int(skipped == 1), int(action == NEXT)
    late = int(late_answer is not None)
    if answered is None:
        reached = int(not late and verdict in _REACHED)
        return seized, passed_over, 0, reached, next_, 0, 0, late, 0, 0, *_NONE_OF_ATTEMPTS
    ended, saved = int(talk_ms is not None), int(is_second and skipped == 0)
    return seized, passed_over, 1, 1, next_, saved, 0, late, ended, talk_ms or 0, *_NONE_OF_ATTEMPTS


def _place_of_attempt(attempt: CountedAttempt, placed: int, customer_id: str) -> AttemptPlace:
    _, skipped, provider_id, route_id, target, ringing, answered, answered_status, ended, ended_status, *_ = attempt
    if answered is not None:
        status = str(answered_status or 200)
    else:
        status = "" if ended is None else str(ended_status or NO_STATUS)
    delay = bucket_of(elapsed_ms(placed, answered if ringing is None else ringing)) if skipped == 0 else NO_DELAY
    minute = placed - placed % MINUTE_US
    return AttemptPlace._make((minute, customer_id, provider_id or "", route_id or "", target or "", status, delay))


def _place_of_call(call: CountedCall, start: int, customer_id: str, provider_ids: tuple[str, ...]) -> CallPlace:
    delay = bucket_of(call_pdd_ms(call))
    place = (start - start % MINUTE_US, customer_id, call.trunk_id or "", call.edge, provider_ids, delay)
    return CallPlace._make(place)


def change(before: Contribution, after: Contribution) -> Contribution:
    """What is to be added to the sum over all records after one that counted for `before` counts for `after`."""
    if not before:
        return after
    changed: Contribution = {}
    for place, new in after.items():
        old = before.get(place, _NOTHING)
        if old != new:
            changed[place] = tuple(map(sub, new, old))
    for place, old in before.items():
        if place not in after:
            changed[place] = tuple(map(neg, old))
    return changed


_NOTHING: Counts = Figures()


def duration_ms(call: TimedCall) -> int | None:
    """Answer to end of a call, as its edge reported it; None for one that was lost."""
    return elapsed_ms(call.tm_answered, call.tm_ended, call.mono_answered, call.mono_ended)


def call_pdd_ms(call: TimedCall) -> int | None:
    """Post-dial delay of a call: INVITE to first ringing, or to the answer if nothing rang."""
    if call.tm_ringing is None:
        return elapsed_ms(call.tm_start, call.tm_answered, call.mono_start, call.mono_answered)
    return elapsed_ms(call.tm_start, call.tm_ringing, call.mono_start, call.mono_ringing)


def attempt_pdd_ms(attempt: TimedAttempt) -> int | None:
    """The same of an attempt whose INVITE was sent."""
    if attempt.skipped != 0:
        return None
    return elapsed_ms(attempt.tm_placed, attempt.tm_answered if attempt.tm_ringing is None else attempt.tm_ringing)


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


class Reached(Protocol):
    """What was seized, and how much of it was effective."""

    @property
    def seized(self) -> int: ...
    @property
    def effective(self) -> int: ...


def unreached(figures: Reached) -> int:
    """How many reached nobody: refused, silent, given up by the caller, or going on unanswered."""
    return figures.seized - figures.effective


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
