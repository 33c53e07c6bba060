"""Feed records for the replica's tests."""

from typing import Any

from dialplane.domain.customer import Customer
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.provider import Provider
from dialplane.domain.records import record_of
from dialplane.domain.route import Route
from dialplane.domain.trunk import Trunk

DEFAULT = SYSTEM_DEFAULT_CUSTOMER
ACME = "00000000-0000-4000-8000-0000000000ac"

Change = tuple[str, dict[str, Any]]


def id_of(number: int) -> str:
    """A different id for each number."""
    return f"00000000-0000-4000-8000-{number:012d}"


def customer(id_: str = ACME, **fields: Any) -> Change:
    """A change of a customer."""
    return "customer", record_of(Customer(id=id_, **fields))


def provider(number: int, **fields: Any) -> Change:
    """A change of a provider."""
    values = {"type": "sip", "hostname": f"carrier{number}.example", **fields}
    return "provider", record_of(Provider(id=id_of(number), **values))


def route(number: int, target: str, via: int, **fields: Any) -> Change:
    """A change of a route."""
    values = {"customer_id": ACME, "priority": 1, **fields}
    return "route", record_of(Route(id=id_of(number), target=target, provider_id=id_of(via), **values))


def trunk(number: int, **fields: Any) -> Change:
    """A change of a trunk, as an edge may know it."""
    return "trunk", record_of(Trunk(id=id_of(number), customer_id=ACME, **fields).for_edge())
