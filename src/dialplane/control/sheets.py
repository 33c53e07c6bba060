"""Routes as rows of a spreadsheet: written for people to work on, and what becomes of the rows that they bring back.

A row is about the route with its id, or else about the one of its customer to its target and provider.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.lifecycle import changed, new, new_id, with_fields
from dialplane.control.named import MOST_READ
from dialplane.control.units import Change, Unit
from dialplane.domain import sheet
from dialplane.domain.errors import InvalidValue, NotFound
from dialplane.domain.ids import parse_id
from dialplane.domain.instants import NEVER, format_instant, parse_instant, parse_rfc3339
from dialplane.domain.kinds import ROUTE
from dialplane.domain.route import Route, require_period
from dialplane.domain.sheet import Row, guarded
from dialplane.domain.target import ALL
from dialplane.store import objects
from dialplane.store.objects import CUSTOMERS, PROVIDERS, ROUTES, Storage
from dialplane.store.queries import routes as queries
from dialplane.system.turns import in_turns

NEW, CHANGED, SAME, REFUSED = VERDICTS = ("new", "changed", "same", "refused")
"""What becomes of a row."""

MOST_NEAR = 20
"""Unknown names for which the nearest known one is looked for: each takes 63 ms among MOST_READ, on the event loop."""

_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _target(cell: str) -> str:
    """Spreadsheets take the plus away: digits alone are meant with it."""
    return cell.lower() if cell.lower() == ALL else f"+{cell.removeprefix('+')}"


def _integer(cell: str) -> int:
    if not cell.isascii() or not cell.isdecimal() or len(cell) > len(str(NEVER)):
        raise InvalidValue("", "invalid_integer", "must be a number in decimal digits")
    return int(cell)


def _flag(cell: str) -> bool:
    if cell.lower() not in _FLAGS:
        raise InvalidValue("", "invalid_flag", "must be yes or no")
    return _FLAGS[cell.lower()]


def _instant(cell: str) -> int:
    """UTC, of which the clock, or its end, may be left out."""
    if "T" in cell.upper():
        return parse_rfc3339(cell)
    day, _, clock = cell.partition(" ")
    try:
        return parse_instant(f"{day} {clock}{'00:00:00.000000'[len(clock) :]}")
    except InvalidValue as error:
        raise InvalidValue("", error.code, "must be UTC, like 2032-01-31 or 2032-01-31 08:30") from None


def _moment(instant: int) -> str:
    return "" if instant in (0, NEVER) else format_instant(instant).removesuffix(".000000").removesuffix(" 00:00:00")


class Column(NamedTuple):
    """A column: the field of a route that it is about, how a cell is read, and how it is written."""

    field: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]


COLUMNS: Mapping[str, Column] = {
    "customer": Column("customer_id", str, str),
    "target": Column("target", _target, str),
    "provider": Column("provider_id", str, str),
    "priority": Column("priority", _integer, str),
    "weight": Column("weight", _integer, lambda weight: "" if weight is None else str(weight)),
    "enabled": Column("enabled", _flag, lambda flag: "yes" if flag else "no"),
    "valid_from": Column("valid_from", _instant, _moment),
    "valid_until": Column("valid_until", _instant, _moment),
    "name": Column("name", str, guarded),
    "detail": Column("detail", str, guarded),
    "id": Column("id", parse_id, str),
}
"""The columns by their names, in the order of rows that have no head; `id` has none there."""

HEADLESS = tuple(COLUMNS)[:-1]

_COLUMN_OF = {column.field: name for name, column in COLUMNS.items()}


class Names:
    """Names of the live objects of a kind, and their ids."""

    def __init__(self, kind: str, labels: Mapping[str, str]) -> None:
        """`labels`: id -> name."""
        self._kind, self._labels = kind, labels
        self._ids: dict[str, list[str]] = defaultdict(list)
        for id_, label in labels.items():
            self._ids[label.lower()].append(id_)
        self._near: dict[str, str] = {}

    def cell(self, id_: str) -> str:
        """The name, where this object alone has it; else the id."""
        label = self._labels.get(id_, "")
        is_its_own = label.strip() == label != "" and len(self._ids[label.lower()]) == 1
        return guarded(label) if is_its_own else id_

    def id_of(self, text: str) -> str:
        """The id of the object with this name, or id. Raises InvalidValue."""
        if text.lower() in self._labels:
            return text.lower()
        ids = self._ids.get(text.lower(), [])
        if len(ids) > 1:
            raise InvalidValue("", "ambiguous", f"must be an id: {len(ids)} {self._kind}s have this name")
        if not ids:
            rule = f"must be the name of a {self._kind} that there is"
            near = self._nearest(text.lower())
            raise InvalidValue("", "unknown_name", rule + (f": {near} is near it" if near else ""))
        return ids[0]

    def of(self, ids: set[str]) -> dict[str, str]:
        """Id -> name, of these."""
        return {id_: self._labels[id_] for id_ in ids if self._labels.get(id_)}

    def _nearest(self, text: str) -> str:
        if text not in self._near and len(self._near) < MOST_NEAR:
            found = get_close_matches(text, islice(self._ids, MOST_READ), n=1)
            self._near[text] = self._labels[self._ids[found[0]][0]] if found else ""
        return self._near.get(text, "")


class Known(NamedTuple):
    """The objects that routes refer to, as far as the actor may know them."""

    customer: Names
    provider: Names


async def known(unit: Unit, actor: Actor) -> Known:
    """Raises Unavailable."""
    own = None if permissions.may(actor, "customer.list") else [actor.customer_id]
    customers = await _labels(unit, CUSTOMERS, own)
    providers = await _labels(unit, PROVIDERS, None if permissions.may(actor, "provider.list") else [])
    return Known(Names("customer", customers), Names("provider", providers))


async def _labels(unit: Unit, storage: Storage[Any], ids: Sequence[str] | None) -> Mapping[str, str]:
    return await objects.live_labels(unit, storage) if ids is None else await objects.labels(unit, storage, ids)


def cells(route: Route, names: Known) -> Sequence[str]:
    """A route as a row of all columns."""
    shown = {"customer": names.customer.cell(route.customer_id), "provider": names.provider.cell(route.provider_id)}
    return [shown.get(name) or column.write(getattr(route, column.field)) for name, column in COLUMNS.items()]


@dataclass(slots=True)
class _Wanted:
    """A row as it was read: fields of a route by name, its id among them, and what is wrong with its cells."""

    line: int
    fields: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[Any, ...]:
        return tuple(self.fields.get(name) for name in _KEY)


_KEY = ("customer_id", "target", "provider_id")


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes of a row. `wanted`: its fields, as far as they could be read; `reasons`: why it is refused."""

    line: int
    verdict: str
    wanted: Mapping[str, Any]
    reasons: Sequence[str] = ()
    before: Route | None = None
    after: Route | None = None


class _There(NamedTuple):
    """The live routes that rows may be about."""

    by_id: Mapping[str, Route]
    by_key: Mapping[tuple[Any, ...], Sequence[Route]]


async def plan(unit: Unit, actor: Actor, text: str, names: Known, *, stamp: Callable[[], int]) -> Sequence[Planned]:
    """What becomes of each row, in their order. `stamp`: the instants of what is new, and of changes.

    Raises InvalidValue (text that has no rows, a column that there is not), PermissionDenied, Unavailable.
    """
    permissions.require(actor, "changes.apply")
    columns, rows = _head(sheet.read(text))
    wanted = await in_turns(rows, lambda row: _wanted(row, columns, names))
    there = await _there(unit, wanted)
    lines: dict[Any, int] = {}
    return await in_turns(wanted, lambda one: _planned(one, there, lines, stamp))


async def carry_out(unit: Change, planned: Sequence[Planned]) -> None:
    """Stores what is new and what has changed, as part of the unit's revision. Raises Unavailable."""
    pairs = [(one.before, one.after) for one in planned if one.verdict == CHANGED]
    made = [one.after for one in planned if one.verdict == NEW]
    await objects.put_all(unit, ROUTES, [(before, after) for before, after in pairs if before and after])
    await objects.add_all(unit, ROUTES, [route for route in made if route])


def digest(planned: Sequence[Planned]) -> str:
    """Another one wherever something else would become of the rows."""
    seen = sha256()
    for one in planned:
        fields = [getattr(one.after, name) for name in sorted(ROUTE.settable)] if one.after else []
        seen.update(repr((one.line, one.verdict, one.reasons, one.before and one.before.id, fields)).encode())
    return seen.hexdigest()[:32]


def _head(rows: Sequence[Row]) -> tuple[Sequence[str], Sequence[Row]]:
    """The columns, and the rows below their head. Raises InvalidValue."""
    first = [cell.lower().replace(" ", "_").removesuffix("_id") for cell in rows[0].cells] if rows else []
    if not {"target", "id"}.isdisjoint(first):
        while first and not first[-1]:
            first.pop()
        for number, name in enumerate(first, 1):
            if name not in COLUMNS or name in first[: number - 1]:
                known = ", ".join(COLUMNS)
                raise InvalidValue("text", "unknown_column", f"must have in column {number} one of {known}, each once")
        rows = rows[1:]
    if not 1 <= len(rows) <= sheet.MAX_ROWS:
        raise InvalidValue("text", "out_of_range", f"must have 1 to {sheet.MAX_ROWS} rows")
    return first if not {"target", "id"}.isdisjoint(first) else HEADLESS, rows


def _wanted(row: Row, columns: Sequence[str], names: Known) -> _Wanted:
    wanted = _Wanted(row.line)
    for name, cell in zip(columns, row.cells, strict=False):
        column = COLUMNS[name]
        try:
            if cell:
                value = column.read(cell)
                wanted.fields[column.field] = getattr(names, name).id_of(value) if name in Known._fields else value
            elif column.field in ROUTE.defaults:
                wanted.fields[column.field] = ROUTE.defaults[column.field]
        except InvalidValue as error:
            wanted.faults.append(f"{name}: {error.message}")
    if any(row.cells[len(columns) :]):
        wanted.faults.append(f"has more cells than the {len(columns)} columns")
    return wanted


async def _there(unit: Unit, wanted: Sequence[_Wanted]) -> _There:
    ids = {one.fields["id"] for one in wanted if "id" in one.fields}
    by_id = await objects.find_all(unit, ROUTES, ids)
    targets = defaultdict[str, set[str]](set)
    for one in wanted:
        if "id" not in one.fields and None not in one.key:
            targets[one.fields["customer_id"]].add(one.fields["target"])
    by_key = defaultdict[tuple[Any, ...], list[Route]](list)
    for customer_id, some in targets.items():
        for route in await queries.to_targets(unit, customer_id, sorted(some)):
            by_key[tuple(getattr(route, name) for name in _KEY)].append(route)
    return _There({id_: route for id_, route in by_id.items() if route.tm_delete == NEVER}, by_key)


def _planned(wanted: _Wanted, there: _There, lines: dict[Any, int], stamp: Callable[[], int]) -> Planned:
    try:
        if wanted.faults:
            return Planned(wanted.line, REFUSED, wanted.fields, wanted.faults)
        before = _before(wanted, there)
        about = before.id if before else wanted.key
        if about in lines:
            raise InvalidValue("", "duplicate", f"is about the same route as line {lines[about]}")
        after = _after(wanted, before, stamp)
        lines[about] = wanted.line
    except InvalidValue as error:
        column = _COLUMN_OF.get(error.field, "")
        return Planned(wanted.line, REFUSED, wanted.fields, [f"{column}: {error.message}" if column else error.message])
    except NotFound:
        return Planned(wanted.line, REFUSED, wanted.fields, ["id: must be that of a route that there is"])
    verdict = NEW if before is None else SAME if after == before else CHANGED
    return Planned(wanted.line, verdict, wanted.fields, (), before, after)


def _before(wanted: _Wanted, there: _There) -> Route | None:
    """The route that the row is about; None for a new one. Raises NotFound, InvalidValue."""
    if id_ := wanted.fields.get("id"):
        if id_ not in there.by_id:
            raise NotFound(ROUTE.name)
        return there.by_id[id_]
    found = there.by_key.get(wanted.key, ())
    if len(found) > 1:
        rule = f"must be there: {len(found)} routes are of this customer to this target and provider"
        raise InvalidValue("id", "ambiguous", rule)
    return found[0] if found else None


def _after(wanted: _Wanted, before: Route | None, stamp: Callable[[], int]) -> Route:
    """The route that there is then; the same as before where nothing changes. Raises InvalidValue."""
    fields = {name: value for name, value in wanted.fields.items() if name != "id"}
    if before is None:
        for name in ("customer_id", *ROUTE.needed):
            if name not in fields:
                raise InvalidValue(name, "required", "must be there for a new route")
        after = new(ROUTE, fields, id_=new_id(), tm_create=stamp())
        require_period(after)
        return after
    others = {name: value for name, value in fields.items() if value != _trimmed(getattr(before, name))}
    after = changed(ROUTE, before, others, now=before.tm_update)
    if after == before:
        return before
    if (after.valid_from, after.valid_until) != (before.valid_from, before.valid_until):
        require_period(after)
    return with_fields(after, tm_update=stamp())


def _trimmed(value: Any) -> Any:
    """As a cell holds it: without the blanks around it."""
    return value.strip() if isinstance(value, str) else value
