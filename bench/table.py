"""A route table like a real one: prefixes nested as deep as real ones are, four carriers each."""

import random
import uuid
from collections.abc import Iterator
from typing import Any

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from dialplane.domain.customer import Customer
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.provider import Provider
from dialplane.domain.records import record_of
from dialplane.domain.route import Route

CARRIERS_PER_PREFIX = 4
PROVIDERS = 50


class RouteTable:
    """`size` routes of the system default customer over `size`/4 prefixes; always the same for the same size."""

    def __init__(self, size: int, *, hostname: str = "127.0.0.1:5060") -> None:
        self.size = size
        self._random = random.Random(size)
        self.provider_ids = [self._id() for _ in range(PROVIDERS)]
        self._hostname = hostname
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

    def records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Feed records: the customer, the providers, the routes."""
        yield "customer", record_of(Customer(id=SYSTEM_DEFAULT_CUSTOMER))
        for id_ in self.provider_ids:
            yield "provider", record_of(Provider(id=id_, type="sip", hostname=self._hostname))
        for number in range(self.size):
            priority, place = divmod(number, len(self.prefixes))
            yield "route", self.route_record(number, f"+{self.prefixes[place]}", priority + 1)

    def route_record(self, number: int, target: str, priority: int) -> dict[str, Any]:
        """One route; lower priority is tried first."""
        provider = self.provider_ids[(number * 7 + priority * 13) % PROVIDERS]
        route = Route(
            id=str(uuid.UUID(int=number + (1 << 100))),
            customer_id=SYSTEM_DEFAULT_CUSTOMER,
            provider_id=provider,
            target=target,
            priority=priority,
            tm_create=number,
        )
        return record_of(route)

    def numbers(self, count: int) -> list[str]:
        """Full numbers under prefixes of the table."""
        digits = random.Random(count)
        return [
            f"+{digits.choice(self.prefixes)}{''.join(digits.choices('0123456789', k=12))}"[:13] for _ in range(count)
        ]
