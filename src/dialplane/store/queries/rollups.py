"""Rollups as they are kept: sums, and changes of them that are still to be added.

A transaction that changes records adds one row of changes, and so waits for no other and writes no sum that others
write. `fold` adds many of them up, and to the sums, at once; whoever reads sums adds what is still open.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, tuple_, union_all

from dialplane.domain.instants import SECOND_US
from dialplane.domain.rollups import (
    CUSTOMERS,
    DAY_S,
    EDGES,
    OF_CALLS,
    WAITING_S,
    Block,
    Blocks,
    Counted,
    Range,
    Sums,
    Total,
    figures_in,
    longer_of,
    minutes_of,
    vector_of,
)
from dialplane.domain.statistics import AttemptPlace, Contribution, Counts, Place
from dialplane.store import tables
from dialplane.store.committed import Results
from dialplane.store.unit import COMMIT_WITHIN_S, Reading, Unit, Writing

_ROLLUPS, _CHANGES = tables.rollups.c, tables.rollup_changes.c
_BLOCK = [_ROLLUPS[name] for name in Block._fields]
_AT_ONCE = 500
"""Blocks that one statement reads."""


class PendingChange(NamedTuple):
    """A row of changes that are still to be added to the sums: of minutes (us) from `first` to `last`."""

    id: str
    first: int
    last: int
    contribution: str


# --- changes

_ADD = insert(tables.rollup_changes)


def change_of(contributions: Iterable[Contribution]) -> PendingChange | None:
    """What these changes of records are as one row; None if they change nothing."""
    written = _Written()
    for contribution in contributions:
        for place, figures in contribution.items():
            written.add(place, figures)
    if not written.minutes:
        return None
    return PendingChange(uuid.uuid4().hex, min(written.minutes), max(written.minutes), written.text)


def add(connection: Connection, change: PendingChange | None) -> None:
    """Keeps a change of the sums, as part of the transaction that changes the records."""
    if change is not None:
        connection.execute(_ADD, change._asdict())


class _Written:
    """Changes as JSON in which each text stands once: most are ids, which come again and again."""

    def __init__(self) -> None:
        self.minutes: set[int] = set()
        self._numbers: defaultdict[str, int] = defaultdict()
        self._numbers.default_factory = self._numbers.__len__  # the next number
        self._attempts: list[Any] = []
        self._calls: list[Any] = []

    def add(self, place: Place, figures: Counts) -> None:
        number = self._numbers
        self.minutes.add(place.minute)
        if isinstance(place, AttemptPlace):
            minute, customer, provider, route, target, status, delay = place
            attempt = (number[customer], number[provider], number[route], number[target], number[status])
            self._attempts.append((minute, *attempt, delay, figures))
        else:
            minute, customer, trunk, edge, provider_ids, delay = place
            call = (number[customer], number[trunk], number[edge], [number[one] for one in provider_ids])
            self._calls.append((minute, *call, delay, figures))

    @property
    def text(self) -> str:
        return msgspec.json.encode(_Stored(list(self._numbers), self._attempts, self._calls)).decode()


class _Stored(msgspec.Struct):
    """`texts` by number; places of attempts and of calls, in which numbers stand for texts, each with its figures."""

    texts: list[str]
    attempts: list[tuple[int, int, int, int, int, int, int, tuple[int, ...]]]
    calls: list[tuple[int, int, int, int, list[int], int, tuple[int, ...]]]


_decoder = msgspec.json.Decoder(_Stored)


def decoded(text: str) -> Iterator[Counted]:
    """The places and figures of a row of changes."""
    stored = _decoder.decode(text)
    texts = stored.texts
    for minute, customer, provider, route, target, status, delay, figures in stored.attempts:
        yield (minute, texts[customer], texts[provider], texts[route], texts[target], texts[status], delay), figures
    for minute, customer, trunk, edge, providers, delay, figures in stored.calls:
        provider_ids = tuple([texts[provider] for provider in providers])
        yield (minute, texts[customer], texts[trunk], texts[edge], provider_ids, delay), figures


async def pending(unit: Unit, *, limit: int) -> list[PendingChange]:
    """Changes that are still to be added, some of them. Raises Unavailable."""
    return await unit.fetch_as(PendingChange, select(*tables.rollup_changes.c).limit(limit))


@dataclass(frozen=True, slots=True)
class Addition:
    """Sums that are added to those that are stored: `read`, the JSON of these, and `rows`, what takes its place.

    It is made before the writer's lock is waited for: it takes longer than to write the rows.
    """

    read: Mapping[Block, str]
    rows: Sequence[Mapping[str, Any]]


async def addition(unit: Unit, blocks: Blocks) -> Addition:
    """Of these sums. Raises Unavailable."""
    return await unit.run(lambda connection: _addition(connection, blocks), within_s=COMMIT_WITHIN_S)


def _addition(connection: Connection, blocks: Blocks) -> Addition:
    read = _stored(connection, blocks)
    rows = [{**block._asdict(), "sums": packed(sums, read.get(block, "[]"))} for block, sums in blocks.items()]
    return Addition(read, rows)


async def fold(unit: Writing, changes: Sequence[PendingChange], addition: Addition) -> bool:
    """Adds the sums of the changes, and forgets the changes. Raises Unavailable.

    False, and nothing is done, if another process has added some of them, or others, meanwhile.
    """
    return await unit.run(lambda connection: _fold(unit, connection, changes, addition), within_s=COMMIT_WITHIN_S)


def _fold(unit: Writing, connection: Connection, changes: Sequence[PendingChange], addition: Addition) -> bool:
    ids = [one.id for one in changes]
    there = connection.execute(select(func.count()).where(_CHANGES.id.in_(ids))).scalar_one()
    if there != len(ids) or not _add(unit, connection, addition):
        return False
    connection.execute(delete(tables.rollup_changes).where(_CHANGES.id.in_(ids)))
    return True


def _add(unit: Writing, connection: Connection, addition: Addition) -> bool:
    """Writes the rows; False, and nothing is done, if the sums are others than those that were read."""
    if _stored(connection, [Block(*(row[name] for name in Block._fields)) for row in addition.rows]) != addition.read:
        return False
    adding = unit.backend.merging_insert(tables.rollups)
    new = {name: adding.excluded[name] for name in ("sums", "written")}
    adding = adding.on_conflict_do_update(index_elements=_BLOCK, set_=new)
    written = unit.next_instant()
    connection.execute(adding, [{**row, "written": written} for row in addition.rows])
    return True


def _stored(connection: Connection, blocks: Iterable[Block]) -> dict[Block, str]:
    """The JSON of those of these sums that are stored."""
    identities, stored = list(blocks), dict[Block, str]()
    for first in range(0, len(identities), _AT_ONCE):
        some = select(*_BLOCK, _ROLLUPS.sums).where(tuple_(*_BLOCK).in_(identities[first : first + _AT_ONCE]))
        stored.update((Block(*row[:-1]), row[-1]) for row in connection.execute(some))
    return stored


_WAITS = _ROLLUPS.step_s == WAITING_S


class Waiting(NamedTuple):
    """The sums that wait for one hour and its day, block -> JSON, and what becomes of those."""

    hour: int
    sums: Mapping[Block, str]
    addition: Addition


async def waiting(unit: Unit) -> Waiting | None:
    """Those of the earliest hour; None if nothing waits. Raises Unavailable."""

    def read(connection: Connection) -> Waiting | None:
        hour = connection.execute(select(func.min(_ROLLUPS.instant)).where(_WAITS)).scalar_one()
        if hour is None:
            return None
        sums = _waiting(connection, hour)
        longer = longer_of({block: _unpacked(stored) for block, stored in sums.items()})
        return Waiting(hour, sums, _addition(connection, longer))

    return await unit.run(read, within_s=COMMIT_WITHIN_S)


def _waiting(connection: Connection, hour: int) -> dict[Block, str]:
    stored = connection.execute(select(*_BLOCK, _ROLLUPS.sums).where(_WAITS, _ROLLUPS.instant == hour))
    return {Block(*row[:-1]): row[-1] for row in stored}


async def make_longer(unit: Writing, waiting: Waiting) -> None:
    """Adds what waits to its hour and day. Nothing is done if that has changed meanwhile. Raises Unavailable."""

    def write(connection: Connection) -> None:
        if _waiting(connection, waiting.hour) == waiting.sums and _add(unit, connection, waiting.addition):
            connection.execute(delete(tables.rollups).where(_WAITS, _ROLLUPS.instant == waiting.hour))

    await unit.run(write, within_s=COMMIT_WITHIN_S)


class _Sum(msgspec.Struct, array_like=True):
    """One sum of a block as it is stored; what nothing is added to stays as it stands."""

    key: str
    provider_id: str
    figures: msgspec.Raw
    delays: msgspec.Raw

    @property
    def first(self) -> "_First":
        return _first.decode(self.figures)

    @property
    def total(self) -> Total:
        return Total(vector_of(_figures.decode(self.figures)), _delays.decode(self.delays))


class _First(msgspec.Struct, array_like=True):
    """The first of a sum's figures, by which keys are put in order."""

    seized: int
    skipped: int
    answered: int
    effective: int


_sums = msgspec.json.Decoder(list[_Sum])
_first = msgspec.json.Decoder(_First)
_figures = msgspec.json.Decoder(list[int])
_delays = msgspec.json.Decoder(dict[int, int])


def _unpacked(stored: str) -> Sums:
    return {(one.key, one.provider_id): one.total for one in _sums.decode(stored)}


def packed(sums: Sums, stored: str = "[]") -> str:
    """JSON of these sums, added to those that are stored: one array for each that is not zero.

    It has the key, the provider, the figures, and the delays, bucket -> count.
    """
    kept: list[object] = []
    whole = dict(sums)
    for one in _sums.decode(stored):
        more = whole.get((one.key, one.provider_id))
        if more is None:
            kept.append(one)
        else:
            whole[one.key, one.provider_id] = total = one.total
            total.add(more.vector, more.delays)
    kept += [
        (key, provider_id, figures_in(total.vector), {bucket: n for bucket, n in total.delays.items() if n})
        for (key, provider_id), total in whole.items()
        if not total.is_zero
    ]
    return msgspec.json.encode(kept).decode()


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
    """Which sums: a grouping's, of one customer or of all together, of one provider or of any, of edges' one or all."""

    grouped_by: str
    customer_id: str | None = None
    provider_id: str | None = None
    edge: str | None = None

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
        return {CUSTOMERS: self.customer_id, EDGES: self.edge}.get(self.grouped_by)

    def conditions(self) -> list[ColumnElement[bool]]:
        """The blocks that they are in: the begin of the table's key."""
        return [_ROLLUPS.grouped_by == self.grouped_by, _ROLLUPS.customer_id == self._customer_id]

    def has_entry(self, key: str, provider_id: str) -> bool:
        """Whether a sum of such a block is among them."""
        return self._provider_id in (None, provider_id) and self._key in (None, key)

    def sums_in(self, blocks: Blocks) -> Iterator[tuple[Block, str, Total]]:
        """Those of these blocks that are among them: block, key and sum."""
        for block, sums in blocks.items():
            if block[:2] == (self.grouped_by, self._customer_id):
                yield from ((block, key, total) for (key, whose), total in sums.items() if self.has_entry(key, whose))


class Part(NamedTuple):
    """Sums of one key from an instant on, to be added to others of it.

    How many it has `seized`, and how many of these were `effective`, says whether the others are looked at: of a month
    of many keys most are never decoded.
    """

    key: str
    instant: int
    seized: int
    effective: int
    stored: "_Sum | _Several | Total"

    @property
    def total(self) -> Total:
        """All of them; those that are stored are decoded each time."""
        return self.stored if isinstance(self.stored, Total) else self.stored.total


class _Several:
    """Sums of one key, added up when they are first looked at."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    @cached_property
    def total(self) -> Total:
        total = Total()
        for part in self._parts:
            sums = part.total
            total.add(sums.vector, sums.delays)
        return total


DAYS_WRITTEN = 2
"""The last days of a range: what goes on is still counted there."""


async def parts(
    unit: Reading, selection: Selection, ranges: Sequence[Range], *, is_one_sum: bool = False
) -> list[Part]:
    """The sums one by one, but for the changes that are still to be added. Raises Unavailable.

    `is_one_sum`: instants do not matter. Those of a key in the days that are over are one, which is kept until one of
    these days is written: of a month of ten million calls half a second of a processor.
    """
    over = [_over(one) for one in ranges if is_one_sum and one.step_s == DAY_S]
    rest = [one._replace(since=_over(one).until) if one.step_s == DAY_S and is_one_sum else one for one in ranges]

    def read(connection: Connection) -> list[Part]:
        found = [part for one in over for part in _added_up(unit.results, connection, selection, one)]
        return found + [part for _, part in _read(connection, selection, rest)]

    return await unit.run(read)


def _over(days: Range) -> Range:
    """But for the last of them."""
    return days._replace(until=max(days.since, days.until - DAYS_WRITTEN * DAY_S * SECOND_US))


def _added_up(results: Results, connection: Connection, selection: Selection, days: Range) -> list[Part]:
    """One sum for each key."""
    stored = select(_ROLLUPS.instant, _ROLLUPS.written).where(*_where(selection, days)).order_by(_ROLLUPS.instant)
    version = tuple(tuple(row) for row in connection.execute(stored))
    known: list[Part] | None = results.get((selection, days), version)
    if known is not None:
        return known
    size, by_key = 0, dict[str, list[Part]]()
    for length, part in _read(connection, selection, [days]):
        size += length
        by_key.setdefault(part.key, []).append(part)
    found = [_together(key, days.since, parts) for key, parts in by_key.items()]
    results.keep((selection, days), version, found, size=size)
    return found


def _together(key: str, instant: int, parts: Sequence[Part]) -> Part:
    seized, effective = sum(one.seized for one in parts), sum(one.effective for one in parts)
    return Part(key, instant, seized, effective, _Several(parts))


def _read(connection: Connection, selection: Selection, ranges: Sequence[Range]) -> Iterator[tuple[int, Part]]:
    """The sums that are stored one by one, each with its share of what was read in bytes."""
    if not ranges:
        return
    columns = (_ROLLUPS.instant, _ROLLUPS.sums)
    for instant, text in connection.execute(
        union_all(*(select(*columns).where(*_where(selection, one)) for one in ranges))
    ):
        sums = _sums.decode(text)
        for one in sums:
            if selection.has_entry(one.key, one.provider_id):
                first = one.first
                yield len(text) // len(sums), Part(one.key, instant, first.seized, first.effective, one)


async def pending_parts(unit: Unit, selection: Selection, *, since: int, until: int) -> list[Part]:
    """The changes within the window that are still to be added, by minute. Raises Unavailable."""
    within = select(_CHANGES.contribution).where(_CHANGES.last >= since, _CHANGES.first < until)

    def read(connection: Connection) -> list[Part]:
        counted = (one for (text,) in connection.execute(within) for one in decoded(text))
        blocks = minutes_of((one for one in counted if since <= one[0][0] < until), groupings={selection.grouped_by})
        return [
            Part(key, block.instant, total.sums.seized, total.sums.effective, total)
            for block, key, total in selection.sums_in(blocks)
        ]

    return await unit.run(read)


def _where(selection: Selection, one: Range) -> list[ColumnElement[bool]]:
    within = (_ROLLUPS.step_s == one.step_s, _ROLLUPS.instant >= one.since, _ROLLUPS.instant < one.until)
    return [*selection.conditions(), *within]
