"""Calls and their attempts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    TextClause,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
)

from dialplane.domain.call import UNANSWERED, CallStatus, CallVerdict, HangupBy, HangupReason
from dialplane.domain.ids import is_beginning_of_id
from dialplane.store import tables
from dialplane.store.queries.lists import Condition
from dialplane.store.unit import Unit
from dialplane.store.written import first

_CALLS, _ATTEMPTS = tables.calls.c, tables.attempts.c

IS_OPEN = and_(_CALLS.tm_ended.is_(None), _CALLS.tm_lost.is_(None))
"""The call goes on, as far as anyone knows. The index `calls_open` holds just these."""

_STATUS_CONDITIONS: dict[CallStatus, ColumnElement[bool]] = {
    CallStatus.DIALING: and_(IS_OPEN, _CALLS.tm_answered.is_(None), _CALLS.tm_ringing.is_(None)),
    CallStatus.RINGING: and_(IS_OPEN, _CALLS.tm_answered.is_(None), _CALLS.tm_ringing.is_not(None)),
    CallStatus.PROGRESSING: and_(IS_OPEN, _CALLS.tm_answered.is_not(None)),
    CallStatus.HANGUP: not_(IS_OPEN),
}


IS_LOST = and_(_CALLS.tm_ended.is_(None), _CALLS.tm_lost.is_not(None))
"""Its end was never reported."""

_HANGUP_BY = case((IS_LOST, HangupBy.EDGE.value), else_=_CALLS.hangup_by)
_REASON = case((IS_LOST, _CALLS.lost_reason), else_=_CALLS.reason)
_UNANSWERED = and_(not_(IS_OPEN), _CALLS.tm_answered.is_(None))
_UNANSWERED_REASON = case(
    (_HANGUP_BY == HangupBy.CALLER.value, HangupReason.CANCEL.value),
    *[(_CALLS.sip_status == status, reason.value) for status, reason in UNANSWERED.items()],
    (_HANGUP_BY == HangupBy.TIMEOUT.value, HangupReason.DIALOUT.value),
    else_=HangupReason.FAILED.value,
)
"""As Call.hangup_reason has it of a call that nobody answered."""

_OWN = _ATTEMPTS.call_id == _CALLS.id
_SENT = and_(_OWN, _ATTEMPTS.skipped == 0)
_BEFORE = tables.attempts.alias("before")
_TRIED_BEFORE = (
    exists()
    .where(_BEFORE.c.call_id == _ATTEMPTS.call_id, _BEFORE.c.skipped == 0, _BEFORE.c.number < _ATTEMPTS.number)
    .correlate(tables.attempts)
)

_VERDICT_CONDITIONS: dict[CallVerdict, ColumnElement[bool]] = {
    CallVerdict.ANSWERED: _CALLS.tm_answered.is_not(None),
    CallVerdict.SAVED: exists().where(_SENT, _ATTEMPTS.tm_answered.is_not(None), _TRIED_BEFORE),
    CallVerdict.UNANSWERED: _UNANSWERED,
    CallVerdict.REFUSED: and_(_CALLS.tm_answered.is_(None), _CALLS.tm_ended.is_not(None), not_(exists().where(_SENT))),
    CallVerdict.LOST: IS_LOST,
    **{
        CallVerdict(reason.value): and_(_UNANSWERED, _UNANSWERED_REASON == reason.value)
        for reason in {*UNANSWERED.values(), HangupReason.DIALOUT, HangupReason.FAILED}
    },
}


class CallRow(NamedTuple):
    """A row of `calls`; None until an event brings the value."""

    id: str
    edge: str
    customer_id: str | None
    trunk_id: str | None
    sip_call_id: str | None
    source: str | None
    source_address: str | None
    dialled: str | None
    number: str | None
    routing_number: str | None
    table_revision: int | None
    decision: str | None
    sip_status: int | None
    reason: str | None
    hangup_by: str | None
    tm_start: int | None
    tm_ringing: int | None
    tm_answered: int | None
    tm_ended: int | None
    tm_lost: int | None
    lost_reason: str | None
    mono_start: int | None
    mono_ringing: int | None
    mono_answered: int | None
    mono_ended: int | None
    tm_create: int
    tm_update: int


class AttemptRow(NamedTuple):
    """A row of `attempts`; None until an event brings the value."""

    call_id: str
    number: int
    provider_id: str | None
    route_id: str | None
    uri: str | None
    why: str | None
    identity: str | None
    tm_placed: int | None
    skipped: int | None
    tm_ringing: int | None
    tm_answered: int | None
    tm_ended: int | None
    tm_late_answer: int | None
    answered_status: int | None
    ended_status: int | None
    late_status: int | None
    sip_reason: str | None
    verdict: str | None
    action: str | None


_CALL_COLUMNS = [_CALLS[name] for name in CallRow._fields]
_LISTED_COLUMNS = [null().label(name) if name == "decision" else _CALLS[name] for name in CallRow._fields]
"""The same without the decision, which may be as large as all others together."""
_BY_ID = select(*_CALL_COLUMNS).where(_CALLS.id == bindparam("id_"))


FEW = 200
"""Attempts of a provider whose calls are looked at one by one sooner than the newest of all are looked through."""

Columns = Mapping[str, ColumnElement[Any]]
Where = Sequence[ColumnElement[bool] | TextClause]

_INDEXED, _INDEXED_ATTEMPTS = dict(_CALLS), dict(_ATTEMPTS)
_PLAIN: Columns = {
    name: func.coalesce(_CALLS[name], "") for name in ("customer_id", "trunk_id", "number", "source", "sip_call_id")
}
_PLAIN_ATTEMPTS: Columns = {"provider_id": func.coalesce(_ATTEMPTS.provider_id, "")}
_UNSORTED: ColumnElement[int] = _CALLS.tm_create + 0
"""Columns in a form that no index has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Conditions on calls; None does not count. `started_from` <= tm_start < `started_until`, in instants.

    No index leads to calls by an edge, the end of a number, a verdict, attempts or a reason: those of the window, or
    the newest, are looked through, for as long as a list may take. So are those that `also` means.
    """

    customer_id: str | None = None
    trunk_id: str | None = None
    provider_id: str | None = None
    number: str | None = None
    number_prefix: str | None = None
    number_suffix: str | None = None
    caller: str | None = None
    sip_call_id: str | None = None
    edge: str | None = None
    verdict: CallVerdict | None = None
    min_attempts: int | None = None
    reason: str | None = None
    status: CallStatus | None = None
    started_from: int | None = None
    started_until: int | None = None
    also: Sequence[Condition] = ()

    def plus(self, name: str, value: Any, *, is_not: bool = False) -> "Filters":
        """The same with one more condition: as the filter of this name, where there is one that is not in use."""
        if not is_not and getattr(self, name, _OTHER) is None:
            return replace(self, **{name: value})
        return replace(self, also=(*self.also, Condition(name, value, is_not)))

    @property
    def is_window(self) -> bool:
        """Whether only calls of some time are meant."""
        return self.started_from is not None or self.started_until is not None

    def near(self) -> Where:
        """In SQL: calls of the window that were stored about then. Only the time of that leads to them."""
        c, since, until = _CALLS, self.started_from, self.started_until
        return [
            *self._conditions(_INDEXED, _INDEXED_ATTEMPTS),
            *self._started(c.tm_start + 0),
            *([] if since is None else [c.tm_create >= since - tables.NEAR_US]),
            *([] if until is None else [c.tm_create < until + tables.NEAR_US]),
        ]

    def apart(self) -> Where:
        """In SQL: calls of the window that were not, which are few. Only their own index leads to them."""
        return [tables.APART, *self._started(_CALLS.tm_start), *self._conditions(_PLAIN, _PLAIN_ATTEMPTS)]

    def of(self, ids: Collection[str]) -> Where:
        """In SQL: those of these calls that are meant."""
        return [_CALLS.id.in_(ids), *self._started(_CALLS.tm_start), *self._conditions(_INDEXED, _INDEXED_ATTEMPTS)]

    def _conditions(self, c: Columns, attempts: Columns) -> Where:
        equal = {
            "customer_id": self.customer_id,
            "trunk_id": self.trunk_id,
            "number": self.number,
            "source": self.caller,
            "sip_call_id": self.sip_call_id,
        }
        where = [c[name] == value for name, value in equal.items() if value is not None]
        where += self._looked_through()
        if self.status is not None:
            where.append(_STATUS_CONDITIONS[self.status])
        if self.provider_id is not None:
            where.append(_has_attempt(attempts["provider_id"] == self.provider_id))
        return [*where, *map(_met, self.also)]

    def _looked_through(self) -> list[ColumnElement[bool]]:
        """Conditions that no index leads to."""
        wanted = [(condition, getattr(self, name)) for name, condition in _LOOKED_THROUGH.items()]
        return [condition(value) for condition, value in wanted if value is not None]

    def _started(self, tm_start: ColumnElement[Any]) -> Where:
        since, until = self.started_from, self.started_until
        return [*([] if since is None else [tm_start >= since]), *([] if until is None else [tm_start < until])]


_NUMBER = func.coalesce(_CALLS.number, "")
_TRIES = select(func.count()).where(_SENT).scalar_subquery()
_LOOKED_THROUGH: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "number_prefix": _NUMBER.startswith,
    "number_suffix": _NUMBER.endswith,
    "edge": lambda edge: _CALLS.edge == edge,
    "verdict": _VERDICT_CONDITIONS.__getitem__,
    "min_attempts": lambda least: _TRIES >= least,
    "reason": lambda text: func.lower(_REASON).contains(text.lower(), autoescape=True),
}
"""Filter -> its condition, to which no index leads."""

_OTHER = object()

_ALSO: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    **_LOOKED_THROUGH,
    "number": lambda number: _CALLS.number == number,
    "caller": lambda caller: _CALLS.source == caller,
    "sip_call_id": lambda id_: _CALLS.sip_call_id == id_,
    "status": _STATUS_CONDITIONS.__getitem__,
    "customers": lambda ids: _CALLS.customer_id.in_(ids),
    "trunks": lambda ids: _CALLS.trunk_id.in_(ids),
    "providers": lambda ids: _has_attempt(_ATTEMPTS.provider_id.in_(ids)),
    "attempts": lambda span: and_(_TRIES >= span[0], _TRIES <= span[1]),
    "started": lambda period: and_(_CALLS.tm_start >= period[0], _CALLS.tm_start < period[1]),
    "text": lambda text: or_(_CALLS.source == text, _CALLS.sip_call_id == text, _is_id(text)),
}
"""The same of conditions that a filter of people may be, and all others than which it may mean."""


def _is_id(text: str) -> ColumnElement[bool]:
    id_ = text.lower()
    return _CALLS.id.between(id_, f"{id_}g") if is_beginning_of_id(text) else _CALLS.id == id_


def _met(condition: Condition) -> ColumnElement[bool]:
    """What is not known of a call does not meet it."""
    met = _ALSO[condition.name](condition.value)
    return case((met, 1), else_=0) == int(not condition.is_not)


def _has_attempt(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Looked for call by call: PostgreSQL makes no join of what has an OFFSET.

    It would read the provider's attempts of all days first: it takes them for those of 200 calls, since it has no
    statistics of all partitions together.
    """
    found: Select[Any] = select(literal_column("1")).select_from(tables.attempts)
    return exists(found.where(_ATTEMPTS.call_id == _CALLS.id, condition).offset(literal_column("0")))


class _CallId(NamedTuple):
    id: str


async def find(unit: Unit, id_: str) -> CallRow | None:
    """The call of this id. Raises Unavailable."""
    found = await unit.fetch_as(CallRow, _BY_ID, {"id_": id_}, short=True)
    return found[0] if found else None


async def page(unit: Unit, filters: Filters, *, page_size: int, before: int | None) -> list[CallRow]:
    """Newest first; `before` is the tm_create of the last one of the page before. Raises Unavailable.

    The newest calls, or those that were stored in a window, are looked through until the page is full. Of a provider
    with few calls those are looked at alone.
    """
    of_provider = [] if filters.provider_id is None else await _calls_of(unit, filters.provider_id)
    if filters.provider_id is not None and len(of_provider) <= FEW:
        return await _newest(unit, filters.of(of_provider), _UNSORTED, page_size=page_size, before=before)
    found = await _newest(unit, filters.near(), _CALLS.tm_create, page_size=page_size, before=before)
    if not filters.is_window:
        return found
    found += await _newest(unit, filters.apart(), _UNSORTED, page_size=page_size, before=before)
    once = {row.id: row for row in found}
    return sorted(once.values(), key=attrgetter("tm_create"), reverse=True)[:page_size]


async def page_with_attempts(
    unit: Unit, filters: Filters, *, page_size: int, before: int | None
) -> tuple[list[CallRow], dict[str, list[AttemptRow]]]:
    """The same, and their attempts by the id of the call."""
    rows = await page(unit, filters, page_size=page_size, before=before)
    return rows, await attempts_of(unit, [row.id for row in rows])


async def _calls_of(unit: Unit, provider_id: str) -> list[str]:
    """Ids of the provider's calls, of no more than one beyond FEW attempts.

    In the order of the index: by statistics of all days together, which nobody makes, PostgreSQL would take it for
    cheaper to read them all.
    """
    of_provider = select(_ATTEMPTS.call_id.label("id")).where(_ATTEMPTS.provider_id == provider_id)
    return [row.id for row in await unit.fetch_as(_CallId, first(of_provider.order_by(_ATTEMPTS.call_id), FEW + 1))]


async def _newest(
    unit: Unit, where: Where, tm_create: ColumnElement[Any], *, page_size: int, before: int | None
) -> list[CallRow]:
    earlier = [] if before is None else [tm_create < before]
    newest_first = select(*_LISTED_COLUMNS).where(*where, *earlier).order_by(tm_create.desc())
    return await unit.fetch_as(CallRow, first(newest_first, page_size))


async def listed(unit: Unit, ids: Collection[str]) -> list[CallRow]:
    """These calls, as lists have them. Raises Unavailable."""
    return await unit.fetch_as(CallRow, select(*_LISTED_COLUMNS).where(_CALLS.id.in_(ids)))


class DecisionRow(NamedTuple):
    """A call's decision as its column holds it."""

    customer_id: str | None
    decision: str | None


async def decisions_of(unit: Unit, ids: Collection[str]) -> list[DecisionRow]:
    """The decisions of these calls. Raises Unavailable."""
    return await unit.fetch_as(DecisionRow, select(_CALLS.customer_id, _CALLS.decision).where(_CALLS.id.in_(ids)))


async def attempts_of(unit: Unit, call_ids: Collection[str]) -> dict[str, list[AttemptRow]]:
    """Call id -> its attempts, in order, for each of these calls. Raises Unavailable."""
    attempts: dict[str, list[AttemptRow]] = {id_: [] for id_ in call_ids}
    if attempts:
        ids, columns = list(attempts), AttemptRow._fields
        found = await unit.run(
            lambda connection: unit.backend.rows_among(
                connection, tables.attempts, columns, column="call_id", values=ids
            )
        )
        for row in sorted(map(AttemptRow._make, found), key=attrgetter("number")):
            attempts[row.call_id].append(row)
    return attempts
