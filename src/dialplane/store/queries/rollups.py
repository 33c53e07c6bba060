"""Rollups as they are kept: sums, and changes of them that are still to be added.

A transaction that changes records adds one row of changes, and so waits for no other and writes no sum that others
write. `fold` adds many of them up, and to the sums, at once; whoever reads sums adds what is still open.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, tuple_, union_all

from dialplane.domain.rollups import CUSTOMERS, OF_CALLS, Block, Cell, Range, Sums, Total, cells_of, delays_of
from dialplane.domain.statistics import AttemptPlace, CallPlace, Contribution, Figures, Place
from dialplane.store import tables
from dialplane.store.unit import COMMIT_WITHIN_S, Unit, Writing

_ROLLUPS, _CHANGES = tables.rollups.c, tables.rollup_changes.c
_BLOCK = [_ROLLUPS[name] for name in Block._fields]
_AT_ONCE = 500
"""Blocks that one statement reads."""


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


async def fold(unit: Writing, changes: Sequence[PendingChange], blocks: Mapping[Block, Sums]) -> bool:
    """Adds `blocks`, which are the sums of the changes, and forgets the changes. Raises Unavailable.

    False, and nothing is done, if another process has added some of them meanwhile.
    """
    return await unit.run(lambda connection: _fold(unit, connection, changes, blocks), within_s=COMMIT_WITHIN_S)


def _fold(
    unit: Writing, connection: Connection, changes: Sequence[PendingChange], blocks: Mapping[Block, Sums]
) -> bool:
    ids = [one.id for one in changes]
    there = connection.execute(select(func.count()).where(_CHANGES.id.in_(ids))).scalar_one()
    if there != len(ids):
        return False
    connection.execute(delete(tables.rollup_changes).where(_CHANGES.id.in_(ids)))
    identities = list(blocks)
    for first in range(0, len(identities), _AT_ONCE):
        some = identities[first : first + _AT_ONCE]
        for row in connection.execute(select(*_BLOCK, _ROLLUPS.sums).where(tuple_(*_BLOCK).in_(some))):
            block = blocks[Block(*row[:-1])]
            for key, provider_id, figures, delays in _unpack(row[-1]):
                total = block.get((key, provider_id))
                if total is None:
                    block[key, provider_id] = Total(figures, delays)
                else:
                    total.add(figures, delays)
    adding = unit.backend.merging_insert(tables.rollups)
    adding = adding.on_conflict_do_update(index_elements=_BLOCK, set_={"sums": adding.excluded.sums})
    connection.execute(adding, [{**block._asdict(), "sums": packed(sums)} for block, sums in blocks.items()])
    return True


_unpack: Callable[[str], list[tuple[str, str, list[int], dict[int, int]]]] = msgspec.json.Decoder(
    list[tuple[str, str, list[int], dict[int, int]]]
).decode


def packed(sums: Sums) -> str:
    """JSON, one array for each sum that is not zero: key, provider, figures, and the delays, bucket -> count."""
    return msgspec.json.encode(
        [
            (key, provider_id, total.figures, {bucket: count for bucket, count in total.delays.items() if count})
            for (key, provider_id), total in sums.items()
            if not total.is_zero
        ]
    ).decode()


async def forget(unit: Writing, *, step_s: int, before: int) -> bool:
    """Deletes the oldest sums of a length, those of one instant, if it is before this one; whether there were any.

    Raises Unavailable.
    """
    of_length = _ROLLUPS.step_s == step_s
    oldest = (await unit.fetch(select(func.min(_ROLLUPS.instant)).where(of_length)))[0][0]
    if oldest is None or oldest >= before:
        return False
    await unit.execute(delete(tables.rollups).where(of_length, _ROLLUPS.instant == oldest))
    return True


# --- sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which sums: a grouping's, of one customer or of all together, and of one provider or of any."""

    grouped_by: str
    customer_id: str | None = None
    provider_id: str | None = None

    @property
    def _customer_id(self) -> str:
        """Customers are not summed up by customer: each has its key."""
        return "" if self.grouped_by == CUSTOMERS else self.customer_id or ""

    @property
    def _provider_id(self) -> str | None:
        """None for the sums of any."""
        return "" if self.grouped_by in OF_CALLS and self.provider_id is None else self.provider_id

    @property
    def _key(self) -> str | None:
        """None for those of any."""
        return self.customer_id if self.grouped_by == CUSTOMERS else None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The blocks that they are in: the begin of the table's key."""
        return [_ROLLUPS.grouped_by == self.grouped_by, _ROLLUPS.customer_id == self._customer_id]

    def has_entry(self, key: str, provider_id: str) -> bool:
        """Whether a sum of such a block is among them."""
        return self._provider_id in (None, provider_id) and self._key in (None, key)

    def has(self, cell: Cell) -> bool:
        """Whether a cell is among them."""
        is_of_block = cell.grouped_by == self.grouped_by and self._customer_id in ("", cell.customer_id)
        return is_of_block and self.has_entry(cell.key, cell.provider_id)


class Part(NamedTuple):
    """Sums of one key from an instant on, to be added to others of it. `delays`: bucket -> count."""

    key: str
    instant: int
    figures: Sequence[int]
    delays: Mapping[int, int]


async def parts(unit: Unit, selection: Selection, ranges: Sequence[Range]) -> list[Part]:
    """The sums one by one, but for the changes that are still to be added. Raises Unavailable."""
    if not ranges:
        return []
    columns = (_ROLLUPS.instant, _ROLLUPS.sums)
    blocks = await unit.fetch(union_all(*(select(*columns).where(*_where(selection, one)) for one in ranges)))
    return [
        Part(key, instant, figures, delays)
        for instant, sums in blocks
        for key, provider_id, figures, delays in _unpack(sums)
        if selection.has_entry(key, provider_id)
    ]


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
