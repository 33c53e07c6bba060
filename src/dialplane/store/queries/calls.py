"""Calls and their attempts."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, not_, null, select

from dialplane.domain.call import CallStatus
from dialplane.store import tables
from dialplane.store.unit import Unit

_CALLS, _ATTEMPTS = tables.calls.c, tables.attempts.c

IS_OPEN = and_(_CALLS.tm_ended.is_(None), _CALLS.tm_lost.is_(None))
"""The call goes on, as far as anyone knows. The index `calls_open` holds just these."""

_STATUS_CONDITIONS: dict[CallStatus, ColumnElement[bool]] = {
    CallStatus.DIALING: and_(IS_OPEN, _CALLS.tm_answered.is_(None), _CALLS.tm_ringing.is_(None)),
    CallStatus.RINGING: and_(IS_OPEN, _CALLS.tm_answered.is_(None), _CALLS.tm_ringing.is_not(None)),
    CallStatus.PROGRESSING: and_(IS_OPEN, _CALLS.tm_answered.is_not(None)),
    CallStatus.HANGUP: not_(IS_OPEN),
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
"""Calls that are looked at one by one sooner than the newest of all are looked through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Conditions on calls; None does not count. `started_from` <= tm_start < `started_until`, in instants."""

    customer_id: str | None = None
    trunk_id: str | None = None
    provider_id: str | None = None
    number: str | None = None
    caller: str | None = None
    status: CallStatus | None = None
    started_from: int | None = None
    started_until: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same in SQL."""
        equal = {
            "customer_id": self.customer_id,
            "trunk_id": self.trunk_id,
            "number": self.number,
            "source": self.caller,
        }
        where = [_CALLS[name] == value for name, value in equal.items() if value is not None]
        where += self._started()
        if self.status is not None:
            where.append(_STATUS_CONDITIONS[self.status])
        if self.provider_id is not None:
            where.append(exists().where(_ATTEMPTS.call_id == _CALLS.id, _ATTEMPTS.provider_id == self.provider_id))
        return where

    def few(self) -> list[Select[Any]]:
        """Statements for the ids of all calls that may be meant, each of which an index carries out."""
        found: list[Select[Any]] = []
        if self.provider_id is not None:
            of_provider = select(_ATTEMPTS.call_id.label("id")).where(_ATTEMPTS.provider_id == self.provider_id)
            found.append(of_provider.distinct())
        if self.started_from is not None or self.started_until is not None:
            found.append(select(_CALLS.id).where(*self._started()))
        return found

    def _started(self) -> list[ColumnElement[bool]]:
        since, until = self.started_from, self.started_until
        return [
            *([] if since is None else [_CALLS.tm_start >= since]),
            *([] if until is None else [_CALLS.tm_start < until]),
        ]


class _CallId(NamedTuple):
    id: str


async def find(unit: Unit, id_: str) -> CallRow | None:
    """The call of this id. Raises Unavailable."""
    found = await unit.fetch_as(CallRow, _BY_ID, {"id_": id_}, short=True)
    return found[0] if found else None


class _CallEdge(NamedTuple):
    id: str
    edge: str


_EDGES_OF = select(_CALLS.id, _CALLS.edge).where(_CALLS.id.in_(bindparam("ids", expanding=True)))


async def edges_of(unit: Unit, ids: Collection[str]) -> dict[str, str]:
    """Id -> edge of those of the calls that are on record. Raises Unavailable."""
    return {row.id: row.edge for row in await unit.fetch_as(_CallEdge, _EDGES_OF, {"ids": list(ids)})}


async def page(unit: Unit, filters: Filters, *, page_size: int, before: int | None) -> list[CallRow]:
    """Newest first; `before` is the tm_create of the last one of the page before. Raises Unavailable.

    The newest calls are looked through until the page is full. Where few calls can be meant, those are looked at alone.
    """
    where = filters.conditions()
    if before is not None:
        where.append(_CALLS.tm_create < before)
    newest: ColumnElement[Any] = _CALLS.tm_create
    for few in filters.few():
        ids = [row.id for row in await unit.fetch_as(_CallId, few.limit(FEW + 1))]
        if len(ids) <= FEW:
            where.append(_CALLS.id.in_(ids))
            newest = newest + 0  # no index has this, so planners take the one of the ids
            break
    newest_first = select(*_LISTED_COLUMNS).where(*where).order_by(newest.desc())
    return await unit.fetch_as(CallRow, newest_first.limit(page_size))


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
        columns = [_ATTEMPTS[name] for name in AttemptRow._fields]
        of_these = select(*columns).where(_ATTEMPTS.call_id.in_(list(attempts)))
        for row in await unit.fetch_as(AttemptRow, of_these.order_by(_ATTEMPTS.call_id, _ATTEMPTS.number)):
            attempts[row.call_id].append(row)
    return attempts
