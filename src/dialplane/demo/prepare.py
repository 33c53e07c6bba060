"""Creates the demo's providers, customer, trunk and routes through the REST API, each once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dialplane.client import Client
from dialplane.client.schemas import ProviderAnswer
from dialplane.demo.carriers import CARRIERS, HOST, DemoCarrier
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER

MARK = "dialplane-demo"
CUSTOMER_NAME = "Demo customer"
TRUNK_NAME = "Demo trunk"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRoute:
    """`priority`: lower is tried first. `own`: a route of the demo customer's, not of the system default."""

    target: str
    provider: str
    priority: int
    own: bool = False


ROUTES = (
    DemoRoute(target="+82", provider="alpha", priority=1),
    DemoRoute(target="+82", provider="bravo", priority=2),
    DemoRoute(target="+44", provider="charlie", priority=1),
    DemoRoute(target="+44", provider="bravo", priority=2),
    DemoRoute(target="+1", provider="bravo", priority=1, own=True),
    DemoRoute(target="+33", provider="alpha", priority=1),
    DemoRoute(target="+33", provider="charlie", priority=2),
    DemoRoute(target="all", provider="bravo", priority=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """`revision`: an edge with it has all of the demo's objects. `created`: how many were new."""

    revision: int
    created: int


class _Objects:
    """Finds each object by its mark, or creates it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.created = 0
        self.revision = 0

    def note(self, etag: str) -> None:
        """Count in the revision of an object's last change, which is its ETag."""
        self.revision = max(self.revision, int(etag.strip('"')))

    def customer(self) -> str:
        found = next((item for item in self.client.customers.all() if item["detail"] == MARK), None)
        if found is None:
            self.created += 1
            found = self.client.customers.create(name=CUSTOMER_NAME, detail=MARK)
        self.note(self.client.customers.get_tagged(found["id"]).etag)
        return found["id"]

    def providers(self, ports: Mapping[str, int]) -> dict[str, str]:
        existing = {item["metadata"].get(MARK): item for item in self.client.providers.all()}
        return {item.key: self.provider(item, f"{HOST}:{ports[item.key]}", existing.get(item.key)) for item in CARRIERS}

    def provider(self, carrier: DemoCarrier, hostname: str, found: ProviderAnswer | None) -> str:
        if found is None:
            self.created += 1
            found = self.client.providers.create(
                type="sip", hostname=hostname, name=carrier.name, detail=carrier.detail, metadata={MARK: carrier.key}
            )
        elif found["hostname"] != hostname:
            self.client.providers.update(found["id"], hostname=hostname)
        self.note(self.client.providers.get_tagged(found["id"]).etag)
        return found["id"]

    def trunk(self, customer_id: str, allowed_ips: Sequence[str]) -> None:
        of_customer = self.client.trunks.all(customer_id=customer_id)
        found = next((item for item in of_customer if item["detail"] == MARK), None)
        if found is None:
            self.created += 1
            found = self.client.trunks.create(
                customer_id=customer_id, name=TRUNK_NAME, detail=MARK, auth_types=["ip"], allowed_ips=list(allowed_ips)
            )
        self.note(self.client.trunks.get_tagged(found["id"]).etag)

    def routes(self, customer_id: str, provider_ids: Mapping[str, str]) -> None:
        owners = (SYSTEM_DEFAULT_CUSTOMER, customer_id)
        existing = {_identity(item): item for owner in owners for item in self.client.routes.all(customer_id=owner)}
        for route in ROUTES:
            fields: dict[str, Any] = {
                "customer_id": customer_id if route.own else SYSTEM_DEFAULT_CUSTOMER,
                "provider_id": provider_ids[route.provider],
                "target": route.target,
                "priority": route.priority,
            }
            found = existing.get(_identity(fields))
            if found is None:
                self.created += 1
                found = self.client.routes.create(name=f"Demo {route.target}", detail=MARK, **fields)
            self.note(self.client.routes.get_tagged(found["id"]).etag)


def prepare(client: Client, ports: Mapping[str, int], *, allowed_ips: Iterable[str] = (HOST,)) -> Prepared:
    """Create what is missing, and point the providers at these ports. Raises ApiError."""
    objects = _Objects(client)
    customer_id = objects.customer()
    provider_ids = objects.providers(ports)
    objects.trunk(customer_id, tuple(allowed_ips))
    objects.routes(customer_id, provider_ids)
    return Prepared(revision=objects.revision, created=objects.created)


def refresh(client: Client, ports: Mapping[str, int]) -> Prepared:
    """Point the demo's providers that still exist at these ports, and create nothing. Raises ApiError."""
    objects = _Objects(client)
    for provider in client.providers.all():
        carrier = next((item for item in CARRIERS if item.key == provider["metadata"].get(MARK)), None)
        if carrier is not None:
            objects.provider(carrier, f"{HOST}:{ports[carrier.key]}", provider)
    return Prepared(revision=objects.revision, created=0)


def _identity(route: Mapping[str, Any]) -> tuple[str, str, str, int]:
    return route["customer_id"], route["provider_id"], route["target"], route["priority"]
