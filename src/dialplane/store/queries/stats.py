"""Figures of attempts and calls over a window of time, counted from their rows.

A provider's, a route's and a target's figures count attempts, by when their INVITE was sent; a customer's count calls,
by when they came in. One statement each on SQLite and PostgreSQL alike, bounded by the index on those instants.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, literal, or_, select

from dialplane.domain.call import LONGEST_CALL_MS, Verdict
from dialplane.store import tables
from dialplane.store.queries.calls import IS_OPEN
from dialplane.store.unit import Unit

PROVIDERS = "providers"
ROUTES = "routes"
TARGETS = "targets"
CUSTOMERS = "customers"
GROUPINGS = (PROVIDERS, ROUTES, TARGETS, CUSTOMERS)

_CALLS, _ATTEMPTS, _ROUTES = tables.calls.c, tables.attempts.c, tables.routes.c
_KEYS: Mapping[str, ColumnElement[Any]] = {
    PROVIDERS: _ATTEMPTS.provider_id,
    ROUTES: _ATTEMPTS.route_id,
    TARGETS: _ROUTES.target,
    CUSTOMERS: _CALLS.customer_id,
}
_NS_A_MS, _US_A_MS = 1_000_000, 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """`since` <= instant < `until`; `customer_id` and `provider_id` narrow it unless they are None."""

    since: int
    until: int
    customer_id: str | None = None
    provider_id: str | None = None


class Sums(NamedTuple):
    """Counts of one key's attempts or calls; `duration_ms` is the sum over the `ended` ones that were answered."""

    key: str
    seized: int
    skipped: int
    answered: int
    effective: int
    moved_on: int
    late_answers: int
    duration_ms: int
    ended: int


class Delays(NamedTuple):
    """Percentiles of one key's post-dial delay, in ms."""

    key: str
    p50: int | None
    p95: int | None


class _Channels(NamedTuple):
    key: str
    channels: int


async def sums(unit: Unit, by: str, window: Window, *, moved_on: str, limit: int) -> list[Sums]:
    """Those with the most seized first, at most `limit`. Raises Unavailable.

    `moved_on`: the `action` of an attempt after which the next one was to follow.
    """
    rows = await unit.fetch_as(Sums, _sums(_facts(by, window, moved_on)).limit(limit))
    return [Sums(row.key, *(int(count or 0) for count in row[1:])) for row in rows]


async def delays(unit: Unit, by: str, window: Window, keys: Sequence[str]) -> dict[str, Delays]:
    """Key -> its delays, for those of the keys that have any. Raises Unavailable."""
    rows = await unit.fetch_as(Delays, _delays(_facts(by, window), keys))
    return {row.key: row for row in rows}


async def channels(unit: Unit, by: str, window: Window) -> dict[str, int]:
    """Key -> calls (of a customer) or attempts that go on now, whatever the window's instants. Raises Unavailable."""
    return {row.key: row.channels for row in await unit.fetch_as(_Channels, _channels(by, window))}


def _facts(by: str, window: Window, moved_on: str = "") -> Subquery:
    return _facts_of_calls(window) if by == CUSTOMERS else _facts_of_attempts(by, window, moved_on)


def _sums(facts: Subquery) -> Select[Any]:
    fact = facts.c
    summed = ("seized", "skipped", "answered", "effective", "moved_on", "late_answers", "duration_ms")
    totals = [func.sum(fact[name]).label(name) for name in summed]
    counted = select(fact.key, *totals, func.count(fact.duration_ms).label("ended")).group_by(fact.key)
    return counted.order_by(func.sum(fact.seized).desc(), fact.key)


def _delays(facts: Subquery, keys: Sequence[str]) -> Select[Any]:
    """The nearest-rank percentiles: the least delay that so many percent of the attempts did not exceed."""
    fact = facts.c
    each = (
        select(fact.key, fact.pdd_ms, func.count().label("times"))
        .where(fact.pdd_ms.is_not(None), _plain(fact.key).in_(keys))
        .group_by(fact.key, fact.pdd_ms)
        .subquery()
    ).c
    up_to_it = func.sum(each.times).over(partition_by=each.key, order_by=each.pdd_ms)
    of_all = func.sum(each.times).over(partition_by=each.key)
    delay = select(each.key, each.pdd_ms, up_to_it.label("rank"), of_all.label("total")).subquery().c
    percentiles = (
        func.min(case((delay.rank * 100 >= delay.total * percent, delay.pdd_ms))).label(f"p{percent}")
        for percent in (50, 95)
    )
    return select(delay.key, *percentiles).group_by(delay.key)


_ANSWERED = _ATTEMPTS.tm_answered.is_not(None)
_LATE = _ATTEMPTS.tm_late_answer.is_not(None)
_EFFECTIVE = or_(_ANSWERED, and_(~_LATE, _ATTEMPTS.verdict.in_([Verdict.BUSY.value, Verdict.NO_ANSWER.value])))
_SENT = _ATTEMPTS.skipped == 0


def _facts_of_attempts(by: str, window: Window, moved_on: str) -> Subquery:
    """One row for each attempt."""
    first_sign = func.coalesce(_ATTEMPTS.tm_ringing, _ATTEMPTS.tm_answered)
    delay_us = first_sign - _ATTEMPTS.tm_placed
    delay_ms = case((delay_us < 0, 0), else_=_bounded(delay_us // _US_A_MS))
    return (
        select(
            _KEYS[by].label("key"),
            _flag(_SENT).label("seized"),
            _flag(~_SENT).label("skipped"),
            _flag(_ANSWERED).label("answered"),
            _flag(_EFFECTIVE).label("effective"),
            _flag(_ATTEMPTS.action == moved_on).label("moved_on"),
            _flag(_LATE).label("late_answers"),
            case((_ANSWERED, _DURATION_MS)).label("duration_ms"),
            case((and_(_SENT, first_sign.is_not(None)), delay_ms)).label("pdd_ms"),
        )
        .select_from(_attempts_with(by, is_outer=True))
        .where(_ATTEMPTS.tm_placed >= window.since, _ATTEMPTS.tm_placed < window.until, *_narrowed(window))
        .subquery()
    )


def _facts_of_calls(window: Window) -> Subquery:
    """One row for each call."""
    rang = _CALLS.tm_ringing.is_not(None)
    delay_ms = case((rang, _between_ms("start", "ringing")), else_=_between_ms("start", "answered"))
    was_answered = _CALLS.tm_answered.is_not(None)
    is_within = [_CALLS.tm_start >= window.since, _CALLS.tm_start < window.until]
    return (
        select(
            _CALLS.customer_id.label("key"),
            literal(1).label("seized"),
            _attempts_of_call(_ATTEMPTS.skipped == 1).label("skipped"),
            _flag(was_answered).label("answered"),
            _flag(or_(was_answered, _attempts_of_call(_EFFECTIVE) > 0)).label("effective"),
            _flag(_attempts_of_call(_SENT) > 1).label("moved_on"),
            _attempts_of_call(_LATE).label("late_answers"),
            case((was_answered, _DURATION_MS)).label("duration_ms"),
            delay_ms.label("pdd_ms"),
        )
        .where(*is_within, *_narrowed_calls(window))
        .subquery()
    )


def _attempts_of_call(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many attempts of a call meet the condition."""
    counted = select(func.count()).where(_ATTEMPTS.call_id == _CALLS.id, condition)
    return counted.correlate(tables.calls).scalar_subquery()


def _channels(by: str, window: Window) -> Select[Any]:
    """By key what goes on now: a customer's calls, or the attempts of those calls that have not ended."""
    key, count = _KEYS[by].label("key"), func.count().label("channels")
    if by == CUSTOMERS:
        counted = select(key, count).where(IS_OPEN, *_narrowed_calls(window))
    else:
        counted = select(key, count).select_from(_attempts_with(by))
        counted = counted.where(IS_OPEN, _SENT, _ATTEMPTS.tm_ended.is_(None), *_narrowed(window))
    return counted.group_by(key)


def _attempts_with(by: str, *, is_outer: bool = False) -> Any:
    """Attempts, each with its call. Planners leave out an outer join if no column of the call is used."""
    parts: Any = tables.attempts.join(tables.calls, _CALLS.id == _ATTEMPTS.call_id, isouter=is_outer)
    return parts.join(tables.routes, _ROUTES.id == _ATTEMPTS.route_id) if by == TARGETS else parts


def _narrowed(window: Window) -> list[ColumnElement[bool]]:
    wanted = ((_CALLS.customer_id, window.customer_id), (_ATTEMPTS.provider_id, window.provider_id))
    return [_plain(column) == value for column, value in wanted if value is not None]


def _narrowed_calls(window: Window) -> list[ColumnElement[bool]]:
    customer_id = _plain(_CALLS.customer_id)
    where = [customer_id != "" if window.customer_id is None else customer_id == window.customer_id]
    if window.provider_id is not None:
        where.append(_attempts_of_call(_plain(_ATTEMPTS.provider_id) == window.provider_id) > 0)
    return where


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column in a form that no index has: time does not bound such an index, and planners would prefer it."""
    return func.coalesce(column, "")


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _between_ms(first: str, second: str) -> ColumnElement[int]:
    """By the edge's monotonic clock, or by wall time if the edge was restarted in between (as in `control.calls`)."""
    wall = [_CALLS[f"tm_{name}"] for name in (first, second)]
    mono = [_CALLS[f"mono_{name}"] for name in (first, second)]
    return case(
        (or_(wall[0].is_(None), wall[1].is_(None)), None),
        (and_(mono[0] > 0, mono[1] > 0, mono[0] <= mono[1]), _bounded((mono[1] - mono[0]) // _NS_A_MS)),
        (wall[0] < wall[1], _bounded((wall[1] - wall[0]) // _US_A_MS)),
        else_=0,
    )


def _bounded(duration_ms: ColumnElement[int]) -> ColumnElement[int]:
    """Never more than the longest call: sums of what an edge with a wrong clock reports must not overflow."""
    return case((duration_ms > LONGEST_CALL_MS, LONGEST_CALL_MS), else_=duration_ms)


_DURATION_MS = _between_ms("answered", "ended")
