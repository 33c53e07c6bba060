"""Edges: how far each is behind the database, its versions, and the calls that it carries."""

import json
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Database, Reading, Writing
from dialplane.domain.edge_checks import SAMPLES, Check, Held, ahead_us, certificate_check, clock_check
from dialplane.domain.edge_counters import SHED, History, Report, followed
from dialplane.domain.errors import NotFound
from dialplane.domain.instants import SECOND_US
from dialplane.domain.statistics import of_shed
from dialplane.store.merging import EDGES
from dialplane.store.queries import edges as queries
from dialplane.store.queries import rollups
from dialplane.store.queries.edges import EdgeRow, LastReport

LOAD_WINDOW_S = 10
"""Window over which calls per second are counted."""

SILENT_AFTER_S = 30
"""An edge polls each few seconds; one that has not been heard for so long is cut off, or down."""

IN_STEP, BEHIND, SILENT, UNHEARD = STATES = ("in_step", "behind", "silent", "unheard")
"""What an edge is, as far as the control plane can know."""

MOST_EDGES = 1_000
"""Names that are kept without an access key bound to them: a key that is bound to none may name any edge."""

LATE_S = 60
"""An edge tells of itself behind all that it saw before, each 15 s: what is older than this is still to come."""

CLOCK_HOLDS_S = 300
"""An edge whose clock was told of last so much before its last contact tells of it no more."""

_HOUR_US = 3_600 * SECOND_US
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """An edge, as far as it has reported; None for what it has not.

    `revision`: that of its table at its last poll. `lag_revisions`: how many the database is ahead of it. `silent_s`:
    seconds since its last contact. Since `kamailio_started`: `calls_shed`, new calls refused because it was too busy,
    and `events_lost`, events that its disk had no room for. `shed_percent`: of the new calls, how many it was refusing
    at its last report. `counters`: its other counters, by name; `history`: its reports of them. `certificates`: those
    it shows over TLS. `clock_ahead_us`: how far its clock is ahead of this one. `checked_at`: when both are judged.
    `records_s`: seconds since it told of itself; what it saw before is here. `calls_in_progress`, `cps`: from the
    events it has handed in so far.
    """

    name: str
    revision: int | None
    lag_revisions: int | None
    last_contact: int | None
    silent_s: float | None
    agent_version: str | None
    kamailio_version: str | None
    kamailio_started: int | None
    max_call_s: int | None
    calls_shed: int | None
    shed_percent: int | None
    events_lost: int | None
    counters: Mapping[str, int]
    history: History
    certificates: Sequence[Held] | None
    clock_ahead_us: int | None
    checked_at: int
    records_s: float | None
    calls_in_progress: int
    cps: float
    tm_status: int | None
    tm_create: int

    @property
    def state(self) -> str:
        """Which of STATES it is in."""
        if self.lag_revisions is None or self.silent_s is None:
            return UNHEARD
        if self.silent_s > SILENT_AFTER_S:
            return SILENT
        return BEHIND if self.lag_revisions > 0 else IN_STEP

    @property
    def state_detail(self) -> str:
        """The same for people, with what it means for calls."""
        behind = "one revision behind" if self.lag_revisions == 1 else f"{self.lag_revisions or 0:,} revisions behind"
        sentences = {
            UNHEARD: "has not asked for its table yet: it carries no call before",
            SILENT: f"not heard for {_length(self.silent_s or 0)}: unless it is down, calls go on there by revision "
            f"{self.revision or 0:,}, and their records wait there",
            BEHIND: f"{behind}: its calls are still decided as before",
            IN_STEP: "in step",
        }
        return sentences[self.state] + (self._late if self.state in (IN_STEP, BEHIND) else "")

    @property
    def _late(self) -> str:
        late_s = self.records_s or 0
        return f"; what it saw in the last {_length(late_s)} is not here yet" if late_s > LATE_S else ""

    @property
    def clock_ahead_s(self) -> float | None:
        """The same in seconds."""
        return None if self.clock_ahead_us is None else round(self.clock_ahead_us / SECOND_US, 3)

    @property
    def checks(self) -> tuple[Check, Check]:
        """Its clock, and its certificates."""
        return clock_check(self.clock_ahead_us), certificate_check(self.certificates, now=self.checked_at)

    @property
    def counters_per_hour(self) -> dict[str, float]:
        """See `History`."""
        return self.history.per_hour

    @property
    def counters_over_s(self) -> float | None:
        """See `History`."""
        return self.history.over_s


def _length(seconds: float) -> str:
    """A length of time in its longest unit: `4 min`."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), _UNITS[-1])
    return f"{int(seconds // size)} {unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedSource:
    """A source that comes in by no trunk, and why its last request was refused: a word of `refusals.FAULTS`.

    `count` requests were refused from `tm_first` to `tm_last`. `banned`: it gets no answer at all for a while.
    """

    address: str
    count: int
    reason: str
    dialled: str
    banned: bool
    tm_first: int
    tm_last: int


class Contacts:
    """Each edge's last contact and its revision then, in memory until they are stored: a poll of the feed must not wait
    for the writer's lock.
    """

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}
        self._latest: dict[str, dict[str, Any]] = {}
        self._clocks: dict[str, deque[int]] = {}

    def heard(self, edge: str, *, now: int, sent: int | None = None) -> None:
        """Records a contact of the edge; `sent`: when that was by the edge's own clock."""
        if not edge:
            return
        row = self._row(edge)
        EDGES.merge(row, "last_contact", now, {})
        if sent is not None:
            samples = self._clocks[edge] = self._clocks.pop(edge, deque(maxlen=SAMPLES))
            samples.append(sent - now)
            EDGES.merge(row, "tm_clock", now, {"clock_ahead_us": ahead_us(samples)})
            if len(self._clocks) > MOST_EDGES:
                del self._clocks[next(iter(self._clocks))]

    def polled(self, edge: str, *, now: int, revision: int, epoch: str, sent: int | None = None) -> bool:
        """Records a poll for changes after this revision of this epoch, which the edge therefore has; whether that is
        another one than at its last poll here. `sent` as in `heard`.
        """
        self.heard(edge, now=now, sent=sent)
        if not edge:
            return False
        before = self._latest.get(edge, {}).get("revision")
        EDGES.merge(self._row(edge), "tm_polled", now, {"revision": revision, "epoch": epoch})
        self._latest[edge] = self._latest.pop(edge, {}) | self._rows[edge]
        if len(self._latest) > MOST_EDGES:
            del self._latest[next(iter(self._latest))]
        return bool(before != revision)

    def applied(self, row: EdgeRow) -> EdgeRow:
        """The row with the edge's last poll here, which may not be stored yet."""
        latest = self._latest.get(row.name)
        if latest is None or latest["tm_polled"] < (row.tm_polled or 0):
            return row
        contact = max(latest["last_contact"], row.last_contact or 0)
        return row._replace(**{name: latest[name] for name in ("tm_polled", "revision", "epoch")}, last_contact=contact)

    def forget(self, edge: str) -> None:
        """Drops what is not stored yet."""
        self._rows.pop(edge, None)
        self._latest.pop(edge, None)
        self._clocks.pop(edge, None)

    async def store(self, db: Database) -> None:
        """Stores the new contacts. Raises Unavailable; they are then still to be stored."""
        rows, self._rows = self._rows, {}
        if not rows:
            return
        try:
            async with db.write() as unit:
                await store(unit, list(rows.values()))
        except BaseException:
            self._rows = rows | {name: rows.get(name, {}) | row for name, row in self._rows.items()}
            raise

    def _row(self, edge: str) -> dict[str, Any]:
        return self._rows.setdefault(edge, {"name": edge})


async def refusals(unit: Reading, actor: Actor, name: str) -> list[RefusedSource]:
    """The sources that the edge of this name refused last, as it reported them, the last one first. Raises NotFound."""
    permissions.require(actor, "edge.refusals")
    report = await queries.refusals(unit, name)
    if report is None:
        raise NotFound("edge")
    return [RefusedSource(**source) for source in json.loads(report.refusals or "[]")]


async def of_names(unit: Reading, names: Collection[str], *, now: int, contacts: Contacts | None = None) -> list[Edge]:
    """The edges of these names, to tell whoever may see them. Raises Unavailable."""
    return await _edges(unit, await queries.of_names(unit, names), now=now, contacts=contacts) if names else []


async def get(unit: Reading, actor: Actor, name: str, *, now: int, contacts: Contacts | None = None) -> Edge:
    """The edge of this name; `contacts`: those that are not stored yet. Raises NotFound."""
    permissions.require(actor, "edge.get")
    row = await queries.find(unit, name)
    if row is None:
        raise NotFound("edge")
    return (await _edges(unit, [row], now=now, contacts=contacts))[0]


async def list_(
    unit: Reading,
    actor: Actor,
    *,
    now: int,
    contacts: Contacts | None = None,
    page_size: int = 100,
    before: int | None = None,
) -> list[Edge]:
    """The newest first; `before` is the tm_create of the last one of the page before; `contacts` as in `get`."""
    permissions.require(actor, "edge.list")
    rows = await queries.page(unit, page_size=page_size, before=before)
    return await _edges(unit, rows, now=now, contacts=contacts)


async def delete(db: Database, actor: Actor, name: str, *, now: int) -> Edge:
    """The edge, which is known no longer. Its views of the providers go with it; its calls keep its name.

    It is known again, as a new one, once it polls or reports. Raises NotFound.
    """
    permissions.require(actor, "edge.delete")
    async with db.read() as reading:
        edge = await get(reading, actor, name, now=now)
    async with db.write() as unit:
        await queries.delete(unit, name)
    return edge


async def longest_known(unit: Reading, *, now: int, limit: int) -> list[Edge]:
    """For metrics: the edges that were heard within an hour before others, so that new names hide none of them."""
    return await _edges(
        unit, await queries.longest_known(unit, heard_since=now - _HOUR_US, limit=limit), now=now, contacts=Contacts()
    )


async def store(unit: Writing, rows: Sequence[Mapping[str, Any]]) -> None:
    """Stores rows of edges; new names beyond MOST_EDGES are left out unless an access key is bound to them."""
    names = [row["name"] for row in rows]
    known = await queries.known(unit, names) if names else set()
    room = MOST_EDGES - await queries.count(unit) if known != set(names) else 0
    new = [name for name in names if name not in known][: max(0, room)]
    kept = [{**row, "tm_create": unit.next_instant()} for row in rows if row["name"] in known or row["name"] in new]
    await EDGES.store(unit, kept)


async def store_reported(
    unit: Writing, rows: Sequence[Mapping[str, Any]], reports: Mapping[str, Sequence[Report]]
) -> None:
    """Stores rows of edges, of which some have reported counters, and counts the calls that these have shed since."""
    known = {row.name: _history(row) for row in await queries.last_reports(unit, list(reports))} if reports else {}
    news = {name: followed(known.get(name, History()), reports[name], now=unit.now()) for name in reports}
    await store(
        unit,
        [{**row, "reports": _stored(news[row["name"]][0])} if row["name"] in news else row for row in rows],
    )
    change = rollups.change_of(of_shed(shed, edge=name) for name, (_, shed) in news.items())
    if change:
        await unit.run(lambda connection: rollups.add(connection, change))


def _stored(history: History) -> str:
    """What is kept beside the last report."""
    return json.dumps(history.earlier)


def _history(row: LastReport | EdgeRow) -> History:
    if row.tm_status is None:
        return History()
    counts = json.loads(row.counters or "{}")
    if row.calls_shed is not None:
        counts[SHED] = row.calls_shed
    earlier = tuple(Report(*one) for one in json.loads(row.reports or "[]"))
    return History(Report(row.tm_status, row.kamailio_started, counts), earlier)


async def _edges(unit: Reading, stored: Sequence[EdgeRow], *, now: int, contacts: Contacts | None = None) -> list[Edge]:
    if not stored:
        return []
    rows = [contacts.applied(row) for row in stored] if contacts else stored
    clock = await unit.clock()
    in_progress = await queries.calls_in_progress(unit, [row.name for row in rows])
    started = await queries.calls_started(unit, since=now - LOAD_WINDOW_S * SECOND_US, until=now)
    return [
        Edge(
            name=row.name,
            revision=row.revision,
            lag_revisions=_lag(row, clock.epoch, clock.revision),
            last_contact=row.last_contact,
            silent_s=None if row.last_contact is None else max(0, now - row.last_contact) / SECOND_US,
            agent_version=row.agent_version,
            kamailio_version=row.kamailio_version,
            kamailio_started=row.kamailio_started,
            max_call_s=row.max_call_s,
            calls_shed=row.calls_shed,
            shed_percent=row.shed_percent,
            events_lost=row.events_lost,
            counters=json.loads(row.counters or "{}"),
            history=_history(row),
            certificates=_held(row.certificates),
            clock_ahead_us=_clock(row),
            checked_at=now,
            records_s=None if row.tm_status is None else max(0, now - row.tm_status) / SECOND_US,
            calls_in_progress=in_progress.get(row.name, 0),
            cps=started.get(row.name, 0) / LOAD_WINDOW_S,
            tm_status=row.tm_status,
            tm_create=row.tm_create,
        )
        for row in rows
    ]


def _held(stored: str | None) -> tuple[Held, ...] | None:
    return None if stored is None else tuple(Held(*one) for one in json.loads(stored))


def _clock(row: EdgeRow) -> int | None:
    """As it was told lately: an edge that is another version now may tell nothing of it."""
    is_late = row.tm_clock is None or row.tm_clock < (row.last_contact or 0) - CLOCK_HOLDS_S * SECOND_US
    return None if is_late else row.clock_ahead_us


def _lag(row: EdgeRow, epoch: str, revision: int) -> int | None:
    """An edge that follows another database (one from before a restore) has everything still to load."""
    if row.revision is None:
        return None
    return max(0, revision - row.revision) if row.epoch == epoch else revision
