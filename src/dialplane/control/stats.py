"""Statistics of attempts and calls over a window of time, counted from the records when they are asked for.

A provider's, a route's and a target's figures count attempts, by when their INVITE was sent; a customer's count calls,
by when they came in. One statement on SQLite and PostgreSQL alike, bounded by the index on those instants.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, literal, or_, select

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.calls import IS_OPEN
from dialplane.control.permissions import Scope
from dialplane.control.units import Unit
from dialplane.domain.call import Verdict
from dialplane.engine.failover import NEXT
from dialplane.store import tables

PROVIDERS = "providers"
ROUTES = "routes"
TARGETS = "targets"
CUSTOMERS = "customers"
GROUPINGS = (PROVIDERS, ROUTES, TARGETS, CUSTOMERS)

WITHIN_S = 10.0
"""How long PostgreSQL may take: a window of many calls is worth waiting for."""

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
    """`since` <= instant < `until`; `customer_id` and `provider_id` narrow it where they are given."""

    since: int
    until: int
    customer_id: str | None = None
    provider_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The figures of one provider, route, target or customer. Rates are None where nothing was seized, times in ms.

    `seized`: INVITEs sent, or a customer's calls. `skipped`: attempts that were passed over. `effective`: answered,
    busy or not answered. `moved_on`: attempts after which the next was to follow, or calls with more than one.
    `duration_ms` is the sum over the `ended` ones that were answered. `channels`: going on now, whatever the window.
    """

    key: str
    seized: int = 0
    skipped: int = 0
    answered: int = 0
    effective: int = 0
    moved_on: int = 0
    late_answers: int = 0
    ended: int = 0
    duration_ms: int = 0
    pdd_p50_ms: int | None = None
    pdd_p95_ms: int | None = None
    channels: int = 0

    @property
    def asr(self) -> float | None:
        """Answer-seizure ratio, 0 to 1."""
        return self._rate(self.answered)

    @property
    def ner(self) -> float | None:
        """Network effectiveness ratio, 0 to 1: a callee who is busy or does not answer was reached."""
        return self._rate(self.effective)

    @property
    def failover_rate(self) -> float | None:
        """Share of what moved on to the next carrier, 0 to 1."""
        return self._rate(self.moved_on)

    @property
    def acd_ms(self) -> int | None:
        """Average duration of answered calls."""
        return self.duration_ms // self.ended if self.ended else None

    def _rate(self, part: int) -> float | None:
        return part / self.seized if self.seized else None


async def list_(unit: Unit, actor: Actor, by: str, window: Window, *, limit: int = 100) -> list[Stats]:
    """The busiest of a grouping (`providers`, `routes`, `targets`, `customers`), most seized first, at most `limit`.

    Those with neither an attempt in the window nor a channel in use are left out. Raises PermissionDenied, Unavailable.
    """
    if permissions.require(actor, "stats.list") is Scope.OWN:
        if window.customer_id not in (None, actor.customer_id):
            return []
        window = replace(window, customer_id=actor.customer_id)
    facts = _facts_of_calls(window) if by == CUSTOMERS else _facts_of_attempts(by, window)
    counted = await _fetch(unit, _sums(facts).limit(limit))
    going_on = {row.key: row.channels for row in await _fetch(unit, _channels(by, window))}
    delays = {row.key: row for row in await _fetch(unit, _delays(facts, [row.key for row in counted]))}
    stats = [_stats(row, delays.get(row.key), going_on.pop(row.key, 0)) for row in counted]
    idle = [Stats(key=key, channels=channels) for key, channels in sorted(going_on.items())]
    return (stats + idle)[:limit]


async def _fetch(unit: Unit, statement: Select[Any]) -> Sequence[Any]:
    return await unit.run(lambda connection: connection.execute(statement).all(), within_s=WITHIN_S)


def _stats(row: Any, delay: Any, channels: int) -> Stats:
    counts = {name: int(value or 0) for name, value in row._asdict().items() if name != "key"}
    p50, p95 = (None, None) if delay is None else (delay.p50, delay.p95)
    return Stats(key=row.key, **counts, pdd_p50_ms=p50, pdd_p95_ms=p95, channels=channels)


def _sums(facts: Subquery) -> Select[Any]:
    fact = facts.c
    summed = ("seized", "skipped", "answered", "effective", "moved_on", "late_answers", "duration_ms")
    sums = [func.sum(fact[name]).label(name) for name in summed]
    counted = select(fact.key, *sums, func.count(fact.duration_ms).label("ended")).group_by(fact.key)
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


def _facts_of_attempts(by: str, window: Window) -> Subquery:
    """One row for each attempt."""
    first_sign = func.coalesce(_ATTEMPTS.tm_ringing, _ATTEMPTS.tm_answered)
    delay_us = first_sign - _ATTEMPTS.tm_placed
    delay_ms = case((delay_us < 0, 0), else_=delay_us // _US_A_MS)
    return (
        select(
            _KEYS[by].label("key"),
            _flag(_SENT).label("seized"),
            _flag(~_SENT).label("skipped"),
            _flag(_ANSWERED).label("answered"),
            _flag(_EFFECTIVE).label("effective"),
            _flag(_ATTEMPTS.action == NEXT).label("moved_on"),
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
    """Key -> what goes on now: a customer's calls, or the attempts of those calls that have not ended."""
    key, channels = _KEYS[by].label("key"), func.count().label("channels")
    if by == CUSTOMERS:
        counted = select(key, channels).where(IS_OPEN, *_narrowed_calls(window))
    else:
        counted = select(key, channels).select_from(_attempts_with(by))
        counted = counted.where(IS_OPEN, _SENT, _ATTEMPTS.tm_ended.is_(None), *_narrowed(window))
    return counted.group_by(key)


def _attempts_with(by: str, *, is_outer: bool = False) -> Any:
    """Attempts, each with its call. An outer join is left away by the planners where no column of the call is used."""
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
    """The column in a form of which no index is known: time does not bound it, and planners would prefer it."""
    return func.coalesce(column, "")


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _between_ms(first: str, second: str) -> ColumnElement[int]:
    """As `control.calls` has it: by the edge's monotonic clock, by wall time where an edge was restarted in between."""
    wall = [_CALLS[f"tm_{name}"] for name in (first, second)]
    mono = [_CALLS[f"mono_{name}"] for name in (first, second)]
    return case(
        (or_(wall[0].is_(None), wall[1].is_(None)), None),
        (and_(mono[0] > 0, mono[1] > 0, mono[0] <= mono[1]), (mono[1] - mono[0]) // _NS_A_MS),
        (wall[0] < wall[1], (wall[1] - wall[0]) // _US_A_MS),
        else_=0,
    )


_DURATION_MS = _between_ms("answered", "ended")
