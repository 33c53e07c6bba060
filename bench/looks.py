"""What people look at: pages of routes and of calls by filters that mean few or many, counts, and the search.

In process, one after the other, through the use cases that the API calls; pages are made into JSON as it answers them.
"""

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bench.recorded import CALLERS, CUSTOMERS, DAYS, FIRST_CALLER, FIRST_NUMBER, LAST_DAY, NUMBERS, PROVIDERS, uuid_of
from bench.report import Report
from bench.table import CALLER, RouteTable
from dialplane.api.calls.schemas import present as present_call
from dialplane.api.calls.schemas import present_listed
from dialplane.api.http.responses import JsonResponse, page
from dialplane.api.routes.schemas import present as present_route
from dialplane.control import calls, routes, search
from dialplane.control.actor import SYSTEM
from dialplane.control.routes import After, Filters, Order
from dialplane.control.units import LISTS, Database, Reading
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.instants import DAY_US, NEVER
from dialplane.store.queries.routes import Condition

TIMES = 300
"""Measurements of each, of which three may be the slowest hundredth."""

WARM_UP = 5
ROUTES_OF_A_PAGE, CALLS_OF_A_PAGE = 100, 50

Look = Callable[[Reading], Awaitable[bytes]]
"""What is answered, as JSON."""

Looks = Mapping[str, Callable[[], Look]]
"""What is measured -> a maker of it, by chance other each time."""


async def measure(report: Report, db: Database, looks: Looks, *, goal: str) -> None:
    """One line for each."""
    for what, make in looks.items():
        taken, most = list[float](), 0
        for _ in range(TIMES + WARM_UP):
            look = make()
            began = time.perf_counter()
            async with db.read(LISTS) as unit:
                answer = await look(unit)
            taken.append((time.perf_counter() - began) * 1_000)
            most = max(most, len(answer))
        taken = sorted(taken[WARM_UP:])
        p50, p99 = taken[TIMES // 2], taken[int(TIMES * 0.99) - 1]
        report.line(what, f"p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  {most / 1_000:5.1f} kB", goal=goal)


def of_routes(table: RouteTable) -> Looks:
    """Pages of routes, and counts."""
    draw = random.Random(1)
    providers = [provider.id for provider in table.providers()]

    def filters(wanted: Mapping[str, Any]) -> Filters:
        drawn = {name: value() if callable(value) else value for name, value in wanted.items()}
        return Filters(now=time.time_ns() // 1_000, **drawn)

    def list_(key: str, **wanted: Any) -> Callable[[], Look]:
        def make() -> Look:
            chosen, order = filters(wanted), Order(key, draw.random() < 0.5)
            after = _somewhere(draw, key, table) if draw.random() < 0.5 else None

            async def look(unit: Reading) -> bytes:
                found = await routes.find(unit, SYSTEM, chosen, order, page_size=ROUTES_OF_A_PAGE, after=after)
                return bytes((await page(found.routes, present_route)).body)

            return look

        return make

    def count(**wanted: Any) -> Callable[[], Look]:
        def make() -> Look:
            chosen = filters(wanted)

            async def look(unit: Reading) -> bytes:
                return bytes(JsonResponse(await routes.count(unit, SYSTEM, chosen)).body)

            return look

        return make

    def one() -> tuple[str]:
        return (draw.choice(providers),)

    def whose() -> tuple[str]:
        return (SYSTEM_DEFAULT_CUSTOMER,)

    def but(value: Callable[[], Any], name: str = "provider_ids") -> Callable[[], tuple[Condition]]:
        return lambda: (Condition(name, value(), True),)

    def prefix() -> str:
        return f"+{draw.choice(table.prefixes)[: draw.choice((1, 2, 4))]}"

    def number() -> str:
        return f"+{draw.choice(table.prefixes)}12345"

    return {
        "routes by target": list_("target"),
        "routes by priority": list_("priority"),
        "routes by last change": list_("tm_update"),
        "of a provider (80,000), by target": list_("target", provider_ids=one),
        "of a provider, by priority": list_("priority", provider_ids=one),
        "of a provider, by last change": list_("tm_update", provider_ids=one),
        "of a customer with 100, by priority": list_("priority", customer_id=CALLER),
        "targets that begin so, by priority": list_("priority", target_prefix=prefix),
        "targets that begin so, by target": list_("target", target_prefix=prefix),
        "that cover a number": list_("target", covers=number),
        "disabled (0.1 %)": list_("target", state="disabled"),
        "expired (0.1 %), by last change": list_("tm_update", state="expired"),
        "live": list_("target", state="live"),
        "name begins so": list_("target", text="carrier 7"),
        "of all providers but one, by target": list_("target", also=but(one)),
        "of all providers but one, newest first": list_("tm_create", also=but(one)),
        "of no target that begins so": list_("priority", also=but(prefix, "target_prefix")),
        "of no customer but those without": list_("tm_create", also=but(whose, "customer_ids")),
        "changed within a day": list_("tm_create", changed=(time.time_ns() // 1_000 - DAY_US, NEVER)),
        "of priorities 2 and 3": list_("target", priorities=(2, 3)),
        "count of all": count(),
        "count of a provider": count(provider_ids=one),
        "count of targets that begin so": count(target_prefix=prefix),
        "count of all providers but one": count(also=but(one)),
    }


def _somewhere(draw: random.Random, key: str, table: RouteTable) -> After:
    """A place in the middle of an order."""
    instant = draw.randrange(1, table.size)
    values: dict[str, str | int] = {"target": f"+{draw.choice(table.prefixes)}", "priority": draw.randrange(4)}
    return After(values.get(key, 1), instant)


def of_calls(ids: list[str]) -> Looks:
    """Pages of calls, and one of these calls with its attempts and its decision."""
    draw = random.Random(1)

    def list_(**wanted: Callable[[], Any]) -> Callable[[], Look]:
        def make() -> Look:
            filters = {name: value() for name, value in wanted.items()}

            async def look(unit: Reading) -> bytes:
                found = await calls.list_(unit, SYSTEM, page_size=CALLS_OF_A_PAGE, **filters)
                return bytes((await page(found, present_listed)).body)

            return look

        return make

    def one() -> Look:
        id_ = draw.choice(ids)

        async def look(unit: Reading) -> bytes:
            return bytes(JsonResponse(present_call(await calls.get(unit, SYSTEM, id_))).body)

        return look

    def instant() -> int:
        return LAST_DAY - draw.randrange((DAYS - 2) * DAY_US)

    def customer() -> str:
        return uuid_of(draw.randrange(CUSTOMERS))

    def window(hours: int, **wanted: Callable[[], Any]) -> Callable[[], Look]:
        def make() -> Look:
            since = instant()
            until = since + hours * DAY_US // 24
            return list_(started_from=lambda: since, started_until=lambda: until, **wanted)()

        return make

    return {
        "a call by its id": lambda: one(),
        "50 calls, the newest": list_(),
        "before an instant": list_(before=instant),
        "of a customer": list_(customer_id=customer),
        "of a customer, before an instant": list_(customer_id=customer, before=instant),
        "of a trunk": list_(trunk_id=customer),
        "to a number": list_(number=lambda: f"+{FIRST_NUMBER + draw.randrange(NUMBERS)}"),
        "to a number that nobody called": list_(number=lambda: f"+{FIRST_NUMBER - 1 - draw.randrange(NUMBERS)}"),
        "from a caller": list_(caller=lambda: f"+{FIRST_CALLER + draw.randrange(CALLERS)}"),
        "by a provider": list_(provider_id=lambda: uuid_of(draw.randrange(PROVIDERS))),
        "by a provider, before an instant": list_(
            provider_id=lambda: uuid_of(draw.randrange(PROVIDERS)), before=instant
        ),
        "by a provider, of a customer": list_(
            provider_id=lambda: uuid_of(draw.randrange(PROVIDERS)), customer_id=customer
        ),
        "that go on": list_(status=lambda: "progressing"),
        "that are over": list_(status=lambda: "hangup"),
        "until an instant": list_(started_until=instant),
        "since an instant": list_(started_from=instant),
        "of a day": window(24),
        "of an hour": window(1),
        "of an hour, of a customer": window(1, customer_id=customer),
        "of a number, of an hour": window(1, number=lambda: f"+{FIRST_NUMBER + draw.randrange(NUMBERS)}"),
    }


def of_search(words: Mapping[str, Callable[[random.Random], str]]) -> Looks:
    """The search for each of these texts."""
    draw = random.Random(1)

    def find(word: Callable[[random.Random], str]) -> Callable[[], Look]:
        def make() -> Look:
            text = word(draw)

            async def look(unit: Reading) -> bytes:
                return bytes(JsonResponse(await search.find(unit, SYSTEM, text)).body)

            return look

        return make

    return {f"search for {what}": find(word) for what, word in words.items()}
