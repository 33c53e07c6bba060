"""What people look at: pages of routes and of calls by filters that mean few or many, counts, and the search.

Over HTTP, one request after the other on one connection, compressed as browsers ask for it. `BENCH_TIMES` says how
often each is measured (default 300).
"""

import http.client
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from bench.recorded import (
    CALLERS,
    CUSTOMERS,
    DAYS,
    FIRST_CALLER,
    FIRST_NUMBER,
    LAST_DAY,
    NUMBERS,
    OLDER_DAYS,
    PROVIDERS,
    uuid_of,
)
from bench.report import Report
from bench.served import Api
from bench.table import CALLER, RouteTable
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.instants import DAY_US, format_instant

TIMES = int(os.environ.get("BENCH_TIMES", "300"))
"""Measurements of each, of which a hundredth may be slower than the p99."""

WARM_UP = 15
"""Each connection of the API to the database plans a statement once."""

ROUTES_OF_A_PAGE, CALLS_OF_A_PAGE = 100, 50

Looks = Mapping[str, Callable[[], str]]
"""What is measured -> a maker of its path, by chance another each time."""


def measure(report: Report, api: Api, looks: Looks, *, goal: str) -> None:
    """One line for each."""
    connection = http.client.HTTPConnection(api.base_url.removeprefix("http://"), timeout=60)
    headers = {"Authorization": f"Bearer {api.token}", "Accept-Encoding": "gzip"}
    for what, make in looks.items():
        taken, most = list[float](), 0
        for _ in range(TIMES + WARM_UP):
            path = make()
            began = time.perf_counter()
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            taken.append((time.perf_counter() - began) * 1_000)
            assert answer.status == 200, (path, body)
            most = max(most, len(body))
        taken = sorted(taken[WARM_UP:])
        p50, p99 = taken[TIMES // 2], taken[-1 - TIMES // 100]
        report.line(what, f"p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  {most / 1_000:5.1f} kB", goal=goal)


def _path(of: str, query: Mapping[str, Any]) -> str:
    """Of the values, callables are drawn."""
    drawn = {name: value() if callable(value) else value for name, value in query.items()}
    return f"/v1.0/{of}?{urlencode(drawn)}"


def of_routes(table: RouteTable) -> Looks:
    """Pages of routes, and counts."""
    draw = random.Random(1)
    providers = [provider.id for provider in table.providers()]

    def list_(sort: str, **query: Any) -> Callable[[], str]:
        def make() -> str:
            order = {"sort": draw.choice(("", "-")) + sort, "page_size": ROUTES_OF_A_PAGE}
            begin = {"page_token": _somewhere(draw, sort, table)} if draw.random() < 0.5 else {}
            return _path("routes", {**query, **order, **begin})

        return make

    def count(**query: Any) -> Callable[[], str]:
        return lambda: _path("routes", {**query, "count": "estimate", "page_size": 1})

    def one() -> str:
        return draw.choice(providers)

    def prefix() -> str:
        return f"+{draw.choice(table.prefixes)[: draw.choice((1, 2, 4))]}"

    return {
        "routes by target": list_("target"),
        "routes by priority": list_("priority"),
        "routes by last change": list_("tm_update"),
        "of a provider (80,000), by target": list_("target", provider_id=one),
        "of a provider, by priority": list_("priority", provider_id=one),
        "of a provider, by last change": list_("tm_update", provider_id=one),
        "of a customer with 100, by priority": list_("priority", customer_id=CALLER),
        "targets that begin so, by priority": list_("priority", target_prefix=prefix),
        "targets that begin so, by target": list_("target", target_prefix=prefix),
        "that cover a number": list_("target", covers=lambda: f"+{draw.choice(table.prefixes)}12345"),
        "disabled (0.1 %)": list_("target", state="disabled"),
        "expired (0.1 %), by last change": list_("tm_update", state="expired"),
        "live": list_("target", state="live"),
        "name begins so": list_("target", q="carrier 7"),
        "of all providers but one, by target": list_("target", filter=lambda: f"-provider:{one()}"),
        "of all providers but one, newest first": list_("tm_create", filter=lambda: f"-provider:{one()}"),
        "of no target that begins so": list_("priority", filter=lambda: f"-target:{prefix()}*"),
        "of no customer but those without": list_("tm_create", filter=f"-customer:{SYSTEM_DEFAULT_CUSTOMER}"),
        "changed within a day": list_("tm_create", filter="updated:<1d"),
        "of priorities 2 and 3": list_("target", filter="priority:2..3"),
        "count of all": count(),
        "count of a provider": count(provider_id=one),
        "count of targets that begin so": count(target_prefix=prefix),
        "count of all providers but one": count(filter=lambda: f"-provider:{one()}"),
    }


def _somewhere(draw: random.Random, sort: str, table: RouteTable) -> str:
    """The token of a place in the middle of an order."""
    number = draw.randrange(1, table.size)
    values = {"target": f"+{draw.choice(table.prefixes)}", "priority": str(draw.randrange(4)), "tm_update": "1"}
    return f"{values[sort]}~{format_instant(number)}" if sort in values else format_instant(number)


def of_calls(ids: Sequence[str]) -> Looks:
    """Pages of calls, and one of these calls with its attempts and its decision."""
    draw = random.Random(1)

    def list_(**query: Any) -> Callable[[], str]:
        return lambda: _path("calls", {**query, "page_size": CALLS_OF_A_PAGE})

    def moment() -> int:
        return LAST_DAY - draw.randrange((DAYS + OLDER_DAYS - 2) * DAY_US)

    def instant() -> str:
        return format_instant(moment())

    def whose() -> str:
        return uuid_of(draw.randrange(CUSTOMERS))

    def provider() -> str:
        return uuid_of(draw.randrange(PROVIDERS))

    def window(hours: int, **query: Any) -> Callable[[], str]:
        def make() -> str:
            since = moment()
            until = since + hours * DAY_US // 24
            return list_(started_from=format_instant(since), started_until=format_instant(until), **query)()

        return make

    def number() -> str:
        return f"+{FIRST_NUMBER + draw.randrange(NUMBERS)}"

    return {
        "a call by its id": lambda: f"/v1.0/calls/{draw.choice(ids)}",
        "50 calls, the newest": list_(),
        "before an instant": list_(page_token=instant),
        "of a customer": list_(customer_id=whose),
        "of a customer, before an instant": list_(customer_id=whose, page_token=instant),
        "of a trunk": list_(trunk_id=whose),
        "to a number": list_(number=number),
        "to a number that nobody called": list_(number=lambda: f"+{FIRST_NUMBER - 1 - draw.randrange(NUMBERS)}"),
        "from a caller": list_(caller=lambda: f"+{FIRST_CALLER + draw.randrange(CALLERS)}"),
        "by a provider": list_(provider_id=provider),
        "by a provider, before an instant": list_(provider_id=provider, page_token=instant),
        "by a provider, of a customer": list_(provider_id=provider, customer_id=whose),
        "that go on": list_(status="progressing"),
        "that are over": list_(status="hangup"),
        "until an instant": list_(started_until=instant),
        "since an instant": list_(started_from=instant),
        "of a day": window(24),
        "of an hour": window(1),
        "of an hour, of a customer": window(1, customer_id=whose),
        "of a number, of an hour": window(1, number=number),
    }


def of_search(words: Mapping[str, Callable[[random.Random], str]]) -> Looks:
    """The search for each of these texts."""
    draw = random.Random(1)

    def find(word: Callable[[random.Random], str]) -> Callable[[], str]:
        return lambda: f"/v1.0/search?q={quote(word(draw))}"

    return {f"search for {what}": find(word) for what, word in words.items()}
