"""Routes filtered, sorted, paged and counted are those that a look through all of them finds, on both databases."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from dialplane.control import bulk, routes
from dialplane.control.bulk import Item
from dialplane.control.routes import SORTS, STATES, Count, Filters, Order
from dialplane.control.units import Database
from dialplane.domain.instants import NEVER
from dialplane.domain.route import EXPIRING, EXPIRING_US, Route
from dialplane.domain.target import matches
from dialplane.store import objects
from dialplane.store.backend_sqlite import Sqlite
from dialplane.store.objects import ROUTES as STORAGE
from dialplane.store.queries import revisions
from dialplane.store.queries import routes as queries
from dialplane.store.queries.routes import Condition
from tests.control.making import ADMIN, make_customer, make_provider, manager_of
from tests.control.plans import sqlite_plans
from tests.faults.counts import times

pytestmark = pytest.mark.anyio

NOW = 1_000_000
ROUTES = 160
SEED = 20_261_126
NAMES = ("", "", "Alpha", "alpine", "ALL of it", "50% off", "a_b", "a-b", "Ål", "+44 main")
TARGETS = ("all", "+4", "+44", "+449", "+4499", "+45", "+9", "+99", "+1", "+12")


def drawn(draw: random.Random, customers: Sequence[str], providers: Sequence[str]) -> dict[str, Any]:
    return {
        "customer_id": draw.choice(customers),
        "provider_id": draw.choice(providers),
        "target": draw.choice(TARGETS),
        "priority": draw.randrange(4),
        "name": draw.choice(NAMES),
        "enabled": draw.random() > 0.2,
        "valid_from": draw.choice((0, 0, NOW, NOW + 1)),
        "valid_until": draw.choice((NEVER, NEVER, NOW + 2, NOW + 9)),
    }


class Table:
    """Some routes in the database, and the same in memory."""

    def __init__(self, db: Database, customers: Sequence[str], providers: Sequence[str]) -> None:
        self.db, self.customers, self.providers = db, customers, providers
        self.routes: list[Route] = []
        self.versions: dict[str, int] = {}
        self.instants: dict[str, int] = {}

    async def fill(self, draw: random.Random) -> None:
        items = [
            Item(action="create", kind="route", fields=drawn(draw, self.customers, self.providers))
            for _ in range(ROUTES)
        ]
        async with self.db.change(ADMIN, "changes.apply") as unit:
            ids = await bulk.apply(unit, ADMIN, bulk.prepare(items, customer_id=ADMIN.customer_id))
        for id_ in draw.sample(ids, 30):
            async with self.db.change(ADMIN, "route.update") as unit:
                await routes.update(unit, ADMIN, id_, {"priority": draw.randrange(4)})
        async with self.db.change(ADMIN, "route.delete") as unit:
            await routes.delete(unit, ADMIN, ids[0])
        async with self.db.read() as unit:
            self.routes = await objects.page(unit, STORAGE, page_size=ROUTES, before=None, filters={})
            self.versions = {route.id: unit.version_of(route.id) for route in self.routes}
            instants = {one.number: one.instant for one in await revisions.page(unit, page_size=ROUTES, before=None)}
        self.instants = {id_: instants[number] for id_, number in self.versions.items()}

    def expected(self, filters: Filters, order: Order) -> list[str]:
        def key(route: Route) -> tuple[Any, ...]:
            value = self.versions[route.id] if order.key == "tm_update" else getattr(route, order.key)
            return value, route.tm_create

        found = [route for route in self.routes if self.meets(route, filters)]
        return [route.id for route in sorted(found, key=key, reverse=order.descending)]

    def meets(self, route: Route, wanted: Filters) -> bool:
        """Whether the route meets all conditions, those of `also` among them."""
        also = (
            meets(route, replace(Filters(now=wanted.now), **{name: value}), self.instants[route.id]) != is_not
            for name, value, is_not in wanted.also
        )
        return meets(route, wanted, self.instants[route.id]) and all(also)


def meets(route: Route, wanted: Filters, changed: int) -> bool:
    is_now = route.valid_from <= wanted.now < route.valid_until
    state = (
        "disabled" if not route.enabled
        else "live" if is_now
        else "expired" if route.valid_until <= wanted.now
        else "not_yet"
    )  # fmt: skip
    is_expiring = state == "live" and route.valid_until <= wanted.now + EXPIRING_US
    return all(
        (
            wanted.customer_id in (None, route.customer_id),
            wanted.customer_ids is None or route.customer_id in wanted.customer_ids,
            wanted.provider_ids is None or route.provider_id in wanted.provider_ids,
            wanted.target in (None, route.target),
            wanted.target_prefix is None or route.target.startswith(wanted.target_prefix),
            wanted.covers is None or matches(route.target, wanted.covers),
            wanted.priority in (None, route.priority),
            wanted.priorities is None or wanted.priorities[0] <= route.priority <= wanted.priorities[1],
            wanted.created is None or wanted.created[0] <= route.tm_create < wanted.created[1],
            wanted.changed is None or wanted.changed[0] <= changed < wanted.changed[1],
            wanted.enabled in (None, route.enabled),
            wanted.state in (None, state) or (wanted.state == EXPIRING and is_expiring),
            wanted.text is None or has_text(route, wanted.text.lower()),
        )
    )


def has_text(route: Route, text: str) -> bool:
    if text == "all":
        return route.target == "all"
    if text.removeprefix("+").isdecimal() and len(text) < 8:
        return route.target.startswith(f"+{text.removeprefix('+')}")
    return route.id.startswith(text) if text[:8] == route.id[:8] else route.name.lower().startswith(text)


def spans(instant: int) -> tuple[tuple[int, int], ...]:
    return (instant, NEVER), (instant + 1, NEVER), (0, instant), (NEVER - 1, NEVER)


def more(one: Route, table: Table) -> Iterator[tuple[Condition, ...]]:
    """Each filter turned round, and some together with what they turn round."""
    values: dict[str, tuple[Any, ...]] = {
        "customer_id": (one.customer_id,),
        "provider_ids": ((one.provider_id,), tuple(table.providers[:2]), tuple(table.providers)),
        "target": ("+44", "all"),
        "target_prefix": ("+4", "+9", "+99", "+7"),
        "covers": ("+449912345",),
        "priority": (2,),
        "priorities": ((1, 2), (2, 1)),
        "created": ((one.tm_create, NEVER),),
        "changed": ((0, table.instants[one.id]),),
        "state": (*STATES, EXPIRING),
        "text": ("alp", "44", "all", one.id[:8], "a_"),
    }
    for name, each in values.items():
        for value in each:
            yield (Condition(name, value, True),)
    yield Condition("target_prefix", "+4"), Condition("target", "+44", True), Condition("priority", 1, True)
    yield Condition("provider_ids", (one.provider_id,)), Condition("customer_ids", (one.customer_id,))


def some_filters(draw: random.Random, table: Table) -> Iterator[Filters]:
    one = draw.choice(table.routes)
    each: tuple[dict[str, Any], ...] = (
        {},
        {"customer_id": one.customer_id},
        {"provider_ids": (one.provider_id,)},
        {"provider_ids": tuple(table.providers[:2]), "customer_id": one.customer_id},
        {"target": one.target},
        *({"target_prefix": prefix} for prefix in ("+4", "+44", "+449", "+9", "+99", "+7")),
        *({"covers": number} for number in ("+449912345", "+1", "+33")),
        {"priority": 2, "provider_ids": (one.provider_id,)},
        *({"enabled": enabled} for enabled in (True, False)),
        *({"state": state} for state in STATES),
        *(
            {"text": text}
            for text in ("alp", "ALL", "50%", "a_", "a-", "+44", "44", "all", one.id[:8], one.id, "nothing")
        ),
        {"text": "al", "state": "live", "customer_id": one.customer_id},
        *({"priorities": span} for span in ((1, 2), (3, 9), (2, 1))),
        *({name: span} for name in ("created", "changed") for span in spans(table.instants[one.id])),
        {"state": EXPIRING},
        {"customer_ids": tuple(table.customers)},
        *({"also": also} for also in more(one, table)),
        {"customer_id": one.customer_id, "also": (Condition("provider_ids", (one.provider_id,), True),)},
        {"provider_ids": (one.provider_id,), "also": (Condition("customer_ids", (one.customer_id,), True),)},
    )
    for fields in each:
        yield replace(Filters(now=NOW + 5), **fields)


@pytest.fixture
async def table(db: Database) -> Table:
    customers = [(await make_customer(db)).id for _ in range(2)]
    providers = [(await make_provider(db)).id for _ in range(3)]
    table = Table(db, customers, providers)
    await table.fill(random.Random(SEED))
    return table


async def pages(db: Database, filters: Filters, order: Order, page_size: int) -> list[str]:
    found, after = list[str](), None
    while True:
        async with db.read() as unit:
            page = await routes.find(unit, ADMIN, filters, order, page_size=page_size, after=after)
        if not page.routes:
            return found
        found += [route.id for route in page.routes]
        after = page.next


@pytest.mark.parametrize("few", [queries.FEW, 0], ids=["sorted", "walked"])
async def test_every_filter_in_every_order_finds_what_it_means(
    table: Table, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By either way: an index of the filter, and sorting; or the order's index, past all others."""
    monkeypatch.setattr(queries, "FEW", few)
    monkeypatch.setattr(queries, "FEW_OF_LONG", few)
    draw = random.Random(SEED)
    for filters in some_filters(draw, table):
        for key in draw.sample(list(SORTS), 1 if filters.also else times(2, len(SORTS))):
            order = Order(key, draw.random() < 0.5)
            found = await pages(table.db, filters, order, draw.choice((7, 100)))
            assert found == table.expected(filters, order), (filters, order)
        async with table.db.read() as unit:
            count = await routes.count(unit, ADMIN, filters)
        assert count == Count(len(table.expected(filters, Order())), True), filters


async def test_beyond_what_is_counted_there_are_about_so_many(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "COUNTED", 10)
    if not isinstance(table.db.backend, Sqlite):
        async with table.db.write() as unit:
            await unit.run(lambda connection: connection.exec_driver_sql("ANALYZE routes"))
    for filters, order in ((Filters(), Order()), (Filters(provider_ids=tuple(table.providers[:1])), Order())):
        there_are = len(table.expected(filters, order))
        async with table.db.read() as unit:
            count = await routes.count(unit, ADMIN, filters)
        assert not count.is_exact
        assert there_are / 2 <= count.routes <= there_are * 2


async def test_others_find_their_customers_own_alone(table: Table) -> None:
    async with table.db.read() as unit:
        customer = await objects.find(unit, objects.CUSTOMERS, table.customers[0])
        assert customer is not None
        own = replace(Filters(now=NOW), customer_id=customer.id)
        for filters, expected in ((Filters(now=NOW), own), (own, own)):
            found = await routes.find(unit, manager_of(customer), filters, Order("target"), page_size=ROUTES)
            assert [route.id for route in found.routes] == table.expected(expected, Order("target", True))
        foreign = replace(own, customer_id=table.customers[1])
        assert not (await routes.find(unit, manager_of(customer), foreign, Order(), page_size=9)).routes
        assert await routes.count(unit, manager_of(customer), foreign) == Count(0, True)


@pytest.mark.parametrize("key", SORTS)
async def test_an_index_has_every_order(table: Table, key: str) -> None:
    if not isinstance(table.db.backend, Sqlite):
        pytest.skip("plans of a small table on PostgreSQL say nothing of a large one")
    with sqlite_plans(table.db) as plans:
        await pages(table.db, Filters(), Order(key), 100)
        await pages(table.db, Filters(customer_id=table.customers[0]), Order("target"), 100)
        await pages(table.db, Filters(provider_ids=tuple(table.providers[:1])), Order("target"), 100)
    assert plans
    assert not [step for plan in plans for step in plan if "TEMP B-TREE" in step], plans
