"""The table as it was after an older revision: what is there now, with all that was changed since taken back.

Exact, or not at all: revisions hold each object that they changed as it was before. What is taken back is bounded, as a
comparison of two revisions is; of one whose changes are no longer kept there is no table any more.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.revisions import MOST_COMPARED, opened
from dialplane.control.units import Encryption, Reading
from dialplane.domain.customer import Customer
from dialplane.domain.errors import InvalidValue, NotFound
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.instants import NEVER
from dialplane.domain.provider import Provider
from dialplane.domain.records import fields_of, from_record
from dialplane.domain.route import Route
from dialplane.domain.target import matches
from dialplane.domain.trunk import Trunk
from dialplane.store.objects import ROUTES, Storage
from dialplane.store.queries import revisions as queries
from dialplane.store.queries.dialroutes import MatchingRoute

T = TypeVar("T", Customer, Provider, Trunk)


@dataclass(frozen=True, slots=True)
class Table:
    """`changed`: kind -> id of each object that was changed since -> its record before that; None: it was not there."""

    changed: Mapping[str, Mapping[str, str | None]]
    encryption: Encryption

    def of(self, storage: Storage[T], now: Mapping[str, T], ids: Collection[str]) -> Mapping[str, T]:
        """The objects of these ids as they were, deleted ones too. `now`: as they are."""
        then = {id_: now[id_] for id_ in ids if id_ in now}
        for id_ in self._changed(storage) & set(ids):
            then.pop(id_, None)
            if record := self._record(storage, id_):
                computed = dict.fromkeys(storage.kind.computed, "")
                then[id_] = from_record(storage.kind.cls, record | computed)
        return then

    def routes(self, now: Iterable[MatchingRoute], *, customer_id: str, number: str) -> list[MatchingRoute]:
        """The live routes that matched a number of a customer's. `now`: those that do."""
        ids = self._changed(ROUTES)
        kept = [route for route in now if route.id not in ids]
        records = (record for id_ in ids if (record := self._record(ROUTES, id_)))
        return kept + [route for route in map(_route, records) if _matches(route, customer_id, number)]

    def _changed(self, storage: Storage[Any]) -> set[str]:
        return set(self.changed.get(storage.kind.name, ()))

    def _record(self, storage: Storage[Any], id_: str) -> dict[str, Any] | None:
        return opened(storage.kind.name, self.changed[storage.kind.name][id_], self.encryption)


def _route(record: Mapping[str, Any]) -> MatchingRoute:
    """A route of a record, with the defaults of fields that one of an older version had not."""
    known = {**_DEFAULTS, **fields_of(Route, record)}
    return MatchingRoute._make(known[name] for name in MatchingRoute._fields)


_DEFAULTS: Mapping[str, Any] = {field.name: field.default for field in fields(Route)}


def _matches(route: MatchingRoute, customer_id: str, number: str) -> bool:
    is_theirs = route.customer_id in (customer_id, SYSTEM_DEFAULT_CUSTOMER)
    return is_theirs and route.tm_delete == NEVER and matches(route.target, number)


async def after(unit: Reading, actor: Actor, revision: int) -> Table:
    """The table after this revision.

    Raises NotFound("revision"), PermissionDenied, Unavailable; InvalidValue for one since which more than MOST_COMPARED
    changes were made, or whose changes are not all kept.
    """
    permissions.require(actor, "revision.get")
    if revision and await queries.find(unit, revision) is None:
        raise NotFound("revision")
    last = (await unit.clock()).revision
    extent = await queries.extent(unit, revision, last)
    if extent.changes > MOST_COMPARED:
        raise InvalidValue("revision", "too_far", f"must be nearer: at most {MOST_COMPARED} changes are taken back")
    rows = await queries.changes_between(unit, revision, last, limit=MOST_COMPARED)
    if len(rows) != extent.changes:
        raise InvalidValue("revision", "not_kept", "must be one since which all changes are kept")
    changed: dict[str, dict[str, str | None]] = {}
    for row in rows:
        changed.setdefault(row.kind, {}).setdefault(row.object_id, row.before)
    return Table(changed, unit.encryption)
