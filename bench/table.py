"""A route table like a real one: prefixes nested as deep as real ones are, four carriers each."""

import random
import uuid
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from dialplane.domain.customer import Customer
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.provider import Provider
from dialplane.domain.records import record_of
from dialplane.domain.route import Route
from dialplane.domain.trunk import IP, Trunk

SIZES = (1_000, 100_000, 1_000_000)
CARRIERS_PER_PREFIX = 4
PROVIDERS_PER_PLACE = 12
HOSTNAMES = ("127.0.0.1:5060",)
CALLER = str(uuid.UUID(int=1 << 90, version=4))
"""A customer without routes of its own: its calls take the system default's."""


class RouteTable:
    """`size` routes of the system default customer over `size`/4 prefixes; always the same for the same size."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._random = random.Random(size)
        self._provider_ids = [
            [self._id() for _ in range(PROVIDERS_PER_PLACE)] for _ in range(CARRIERS_PER_PREFIX)
        ]  # by priority
        self.prefixes = self._prefixes(-(-size // CARRIERS_PER_PREFIX))

    def _id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def _prefixes(self, count: int) -> list[str]:
        """As deep as real tables are: of 298,000 prefixes of libphonenumber 35 % stand in no other, 57 % in one, 8 % in
        two; most have seven to nine digits. Half of such a table belongs to a few countries, here to none.
        """
        codes = [str(code) for code in COUNTRY_CODE_TO_REGION_CODE if code < 1000]
        levels: list[list[str]] = [codes, [], [], []]
        seen: set[str] = set()
        while len(seen) < count:
            level = self._random.choices((0, 1, 2), (35, 57, 8))[0]
            if levels[level]:
                prefix = self._random.choice(levels[level]) + self._digits(3 if level == 0 else 1)
                if prefix not in seen and len(prefix) <= 9:
                    seen.add(prefix)
                    levels[level + 1].append(prefix)
        return sorted(seen)

    def _digits(self, least: int) -> str:
        return "".join(self._random.choices("0123456789", k=self._random.randint(least, least + 2)))

    def customers(self) -> list[Customer]:
        """The one that owns the routes, and the one that calls."""
        return [Customer(id=SYSTEM_DEFAULT_CUSTOMER), Customer(id=CALLER, name="caller")]

    def providers(self, hostnames: Sequence[str] = HOSTNAMES) -> Iterator[Provider]:
        """All providers. `hostnames` are of those tried first, second and so on; the last also of all after it."""
        for place, ids in enumerate(self._provider_ids):
            hostname = hostnames[min(place, len(hostnames) - 1)]
            for number, id_ in enumerate(ids, place * len(ids)):
                yield Provider(id=id_, type="sip", hostname=hostname, tm_create=number)

    def trunk(self) -> Trunk:
        """The caller's way in, from this machine."""
        return Trunk(id=CALLER, customer_id=CALLER, auth_types=(IP,), allowed_ips=("127.0.0.1",))

    def routes(self) -> Iterator[Route]:
        """All routes; lower priority is tried first."""
        for number in range(self.size):
            priority, place = divmod(number, len(self.prefixes))
            yield self._route(number, f"+{self.prefixes[place]}", priority)

    def _route(self, number: int, target: str, place: int) -> Route:
        ids = self._provider_ids[place]
        return Route(
            id=str(uuid.UUID(int=number + (1 << 100))),
            customer_id=SYSTEM_DEFAULT_CUSTOMER,
            provider_id=ids[number * 7 % len(ids)],
            target=target,
            priority=place + 1,
            tm_create=number,
        )

    def records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Everything as the feed would give it."""
        yield from (("customer", record_of(customer)) for customer in self.customers())
        yield from (("provider", record_of(provider)) for provider in self.providers())
        yield "trunk", record_of(self.trunk())
        yield from (("route", record_of(route)) for route in self.routes())

    def numbers(self, count: int, *, seed: int = 0) -> list[str]:
        """Full numbers under prefixes of the table; always the same for the same count and seed."""
        digits = random.Random(f"{count}/{seed}")
        return [
            f"+{digits.choice(self.prefixes)}{''.join(digits.choices('0123456789', k=12))}"[:13] for _ in range(count)
        ]


@lru_cache
def table_of(size: int) -> RouteTable:
    """The table of `size` routes, made once a run: a million takes seconds."""
    return RouteTable(size)
