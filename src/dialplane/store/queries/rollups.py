"""Rollups as they are kept: sums, and changes of them that are still to be added.

A transaction that changes records adds one row of changes, and so waits for no other and writes no sum that others
write. `fold` adds many of them up, and to the sums, at once; whoever reads sums adds what is still open.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, tuple_, union_all

from dialplane.domain.rollups import OF_CALLS, Cell, Range, Sum, Total, cells_of, delays_of
from dialplane.domain.statistics import AttemptPlace, CallPlace, Contribution, Figures, Place
from dialplane.store import tables
from dialplane.store.unit import COMMIT_WITHIN_S, Unit, Writing

_ROLLUPS, _CHANGES = tables.rollups.c, tables.rollup_changes.c
_FIGURES = [_ROLLUPS[name] for name in Figures._fields]
_IDENTITY = [_ROLLUPS[name] for name in ("grouped_by", "step_s", "customer_id", "instant", "provider_id", "key")]
_AT_ONCE = 500
"""Sums that one statement reads."""

Counted = tuple[Place, Figures]


class PendingChange(NamedTuple):
    """A row of changes that are still to be added to the sums."""

    id: str
    contribution: str


# --- changes

_ADD = insert(tables.rollup_changes)


def add(connection: Connection, changes: Iterable[Contribution]) -> None:
    """Keeps changes of the sums, as part of the transaction that changes the records."""
    counted = [(place, figures) for contribution in changes for place, figures in contribution.items()]
    if counted:
        minutes = [place.minute for place, _ in counted]
        row = {"id": uuid.uuid4().hex, "first": min(minutes), "last": max(minutes), "contribution": _encoded(counted)}
        connection.execute(_ADD, row)


def _encoded(counted: Sequence[Counted]) -> str:
    """JSON: one array for each, of its place and figures."""
    return msgspec.json.encode([(*place, *figures) for place, figures in counted]).decode()


def decoded(text: str) -> Iterator[Counted]:
    """The places and figures of a row of changes."""
    attempt, call = len(AttemptPlace._fields), len(CallPlace._fields)
    for values in msgspec.json.decode(text):
        if isinstance(values[4], list):
            minute, customer_id, trunk_id, edge, provider_ids, delay = values[:call]
            place = CallPlace(minute, customer_id, trunk_id, edge, tuple(provider_ids), delay)
            yield place, Figures(*values[call:])
        else:
            yield AttemptPlace(*values[:attempt]), Figures(*values[attempt:])


async def pending(unit: Unit, *, limit: int) -> list[PendingChange]:
    """Changes that are still to be added, some of them. Raises Unavailable."""
    return await unit.fetch_as(PendingChange, select(_CHANGES.id, _CHANGES.contribution).limit(limit))


async def fold(unit: Writing, changes: Sequence[PendingChange], sums: Mapping[Sum, Total]) -> bool:
    """Adds `sums`, which are those of the changes, and forgets the changes. Raises Unavailable.

    False, and nothing is done, if another process has added some of them meanwhile.
    """
    return await unit.run(lambda connection: _fold(unit, connection, changes, sums), within_s=COMMIT_WITHIN_S)


def _fold(unit: Writing, connection: Connection, changes: Sequence[PendingChange], sums: Mapping[Sum, Total]) -> bool:
    ids = [one.id for one in changes]
    there = connection.execute(select(func.count()).where(_CHANGES.id.in_(ids))).scalar_one()
    if there != len(ids):
        return False
    connection.execute(delete(tables.rollup_changes).where(_CHANGES.id.in_(ids)))
    _add_what_is_there(connection, sums)
    adding = unit.backend.merging_insert(tables.rollups)
    columns = {name: adding.excluded[name] for name in (*Figures._fields, "delays")}
    if rows := [_row(sum_, total) for sum_, total in sums.items() if not total.is_zero]:
        connection.execute(adding.on_conflict_do_update(index_elements=_IDENTITY, set_=columns), rows)
    if zero := [_bound(sum_) for sum_, total in sums.items() if total.is_zero]:
        connection.execute(_DELETE, zero)
    return True


def _add_what_is_there(connection: Connection, sums: Mapping[Sum, Total]) -> None:
    identities, size = list(sums), len(Sum._fields)
    for first in range(0, len(identities), _AT_ONCE):
        some = identities[first : first + _AT_ONCE]
        for row in connection.execute(select(tables.rollups).where(tuple_(*_IDENTITY).in_(some))):
            sums[Sum(*row[:size])].add(row[size:-1], decoded_delays(row[-1]))


def _row(sum_: Sum, total: Total) -> dict[str, Any]:
    return {**sum_._asdict(), **total.sums._asdict(), "delays": _encoded_delays(total.delays)}


def _bound(sum_: Sum) -> dict[str, Any]:
    return {f"{name}_": value for name, value in sum_._asdict().items()}


_DELETE = delete(tables.rollups).where(*(column == bindparam(f"{column.name}_") for column in _IDENTITY))

_delays_decoder = msgspec.json.Decoder(dict[int, int])


def decoded_delays(text: str) -> dict[int, int]:
    """A histogram as it is kept: JSON, bucket -> count."""
    return _delays_decoder.decode(text) if text != "{}" else {}


def _encoded_delays(delays: Mapping[int, int]) -> str:
    return msgspec.json.encode({bucket: count for bucket, count in delays.items() if count}).decode()


# --- sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which sums: a grouping's, of one customer or of all together, and of one provider or of any."""

    grouped_by: str
    customer_id: str | None = None
    provider_id: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same in SQL: the begin of the table's key."""
        of_calls = self.grouped_by in OF_CALLS
        provider_id = "" if of_calls and self.provider_id is None else self.provider_id
        return [
            _ROLLUPS.grouped_by == self.grouped_by,
            _ROLLUPS.customer_id == (self.customer_id or ""),
            *([] if provider_id is None else [_ROLLUPS.provider_id == provider_id]),
        ]

    def has(self, cell: Cell) -> bool:
        """Whether a cell is among them."""
        is_of_provider = (
            cell.provider_id == (self.provider_id or "")
            if self.grouped_by in OF_CALLS
            else self.provider_id in (None, cell.provider_id)
        )
        is_there = cell.grouped_by == self.grouped_by and cell.customer_id == (self.customer_id or "")
        return is_there and is_of_provider


class KeySum(NamedTuple):
    """The sums of one key over a window."""

    key: str
    figures: Figures


class Part(NamedTuple):
    """Sums of one key from an instant on, to be added to others of it. `delays`: bucket -> count."""

    key: str
    instant: int
    figures: Figures
    delays: Mapping[int, int]


async def totals(unit: Unit, selection: Selection, ranges: Sequence[Range]) -> list[KeySum]:
    """The sums over all these ranges, but for the changes that are still to be added. Raises Unavailable."""
    found = union_all(*(select(_ROLLUPS.key, *_FIGURES).where(*_where(selection, one)) for one in ranges)).subquery().c
    summed = select(found.key, *(func.sum(found[name]) for name in Figures._fields)).group_by(found.key)
    return [KeySum(row[0], Figures(*map(int, row[1:]))) for row in await unit.fetch(summed)]


async def parts(unit: Unit, selection: Selection, ranges: Sequence[Range], keys: Collection[str]) -> list[Part]:
    """The sums of these keys one by one, but for the changes that are still to be added. Raises Unavailable."""
    columns = (_ROLLUPS.key, _ROLLUPS.instant, *_FIGURES, _ROLLUPS.delays)
    among = _ROLLUPS.key.in_(list(keys))
    each = union_all(*(select(*columns).where(*_where(selection, one), among) for one in ranges))
    rows = await unit.fetch(each)
    return [Part(row[0], row[1], Figures(*row[2:-1]), decoded_delays(row[-1])) for row in rows]


async def pending_parts(unit: Unit, selection: Selection, *, since: int, until: int) -> list[Part]:
    """The changes within the window that are still to be added, by minute. Raises Unavailable."""
    within = select(_CHANGES.id, _CHANGES.contribution).where(_CHANGES.last >= since, _CHANGES.first < until)
    return [
        Part(cell.key, place.minute, figures, delays_of(place, figures))
        for one in await unit.fetch_as(PendingChange, within)
        for place, figures in decoded(one.contribution)
        if since <= place.minute < until
        for cell in cells_of(place)
        if selection.has(cell)
    ]


def _where(selection: Selection, one: Range) -> list[ColumnElement[bool]]:
    within = (_ROLLUPS.step_s == one.step_s, _ROLLUPS.instant >= one.since, _ROLLUPS.instant < one.until)
    return [*selection.conditions(), *within]
