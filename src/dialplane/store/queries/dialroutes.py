"""Routes that match a called number."""

from collections.abc import Collection
from functools import cache
from typing import NamedTuple

from sqlalchemy import and_, bindparam, select

from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.target import ALL, MAX_DIGITS
from dialplane.store import tables
from dialplane.store.driver_query import DriverQuery
from dialplane.store.unit import Reading, Unit


class MatchingRoute(NamedTuple):
    """A live route as it is stored: the fields of `domain.route.Route`, which are not checked again.

    A number that is called has a dozen of them; to check them would cost as much as to find them. `enabled` is 0 or 1
    on SQLite.
    """

    id: str
    customer_id: str
    provider_id: str
    priority: int
    target: str
    name: str
    detail: str
    enabled: bool
    weight: int | None
    valid_from: int
    valid_until: int
    tm_create: int
    tm_update: int
    tm_delete: int


_ROUTES = tables.routes.c
_COLUMNS = [_ROUTES[name] for name in MatchingRoute._fields]
_TARGETS = tuple(f"target{n}" for n in range(MAX_DIGITS + 1))


async def matching(unit: Reading, *, customer_id: str, number: str) -> list[MatchingRoute]:
    """Every live route, the customer's and the system default's, whose target is `all` or a prefix of the number.

    `number` is E.164. The statement also reads the clock, so that the unit knows without another one which of the
    cached objects hold. Raises Unavailable.
    """
    targets = [ALL, *[number[: digits + 1] for digits in range(1, len(number))]]
    parameters = dict(zip(_TARGETS, targets, strict=False))
    parameters["customer_id"], parameters["default_id"] = customer_id, SYSTEM_DEFAULT_CUSTOMER
    query = _matching_one_of(len(targets))
    rows = await unit.run(lambda connection: query.rows(connection, parameters), short=True)
    unit.keep_instant(rows[0][-1])
    return [MatchingRoute._make(row[:-1]) for row in rows if row[0] is not None]


@cache
def _matching_one_of(targets: int) -> DriverQuery:
    """One row at least: the clock's, beside each route that matches or beside none."""
    matches = and_(
        tables.LIVE,
        _ROUTES.customer_id.in_([bindparam("customer_id"), bindparam("default_id")]),
        _ROUTES.target.in_([bindparam(name) for name in _TARGETS[:targets]]),
    )
    clock_and_routes = tables.clock.outerjoin(tables.routes, matches)
    return DriverQuery(select(*_COLUMNS, tables.clock.c.last_instant_us).select_from(clock_and_routes))


async def targets_of(unit: Unit, provider_id: str, *, after: str, most: int) -> list[str]:
    """The targets of a provider's live routes, of whichever customer, in the order of text; those behind `after`.

    An index has them in that order. Raises Unavailable.
    """
    its_own = tables.LIVE, _ROUTES.provider_id == provider_id, _ROUTES.target > after
    statement = select(_ROUTES.target).where(*its_own).distinct().order_by(_ROUTES.target).limit(most)
    return [row.target for row in await unit.fetch(statement)]


async def to_any_of(unit: Unit, *, customer_id: str, targets: Collection[str]) -> list[MatchingRoute]:
    """Every live route, the customer's and the system default's, with one of these targets. Raises Unavailable."""
    theirs = _ROUTES.customer_id.in_([customer_id, SYSTEM_DEFAULT_CUSTOMER])
    statement = select(*_COLUMNS).where(tables.LIVE, theirs, _ROUTES.target.in_(targets))
    return await unit.fetch_as(MatchingRoute, statement)
