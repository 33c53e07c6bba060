"""Creates the demo's customers, trunks, providers and routes through the REST API, once, as one revision."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dialplane.client import Client
from dialplane.client.schemas import ChangeBody, ProviderAnswer
from dialplane.demo.carriers import CARRIERS, HOST
from dialplane.demo.table import CUSTOMERS, routes
from dialplane.domain.demo import DETAIL, METADATA
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """`revision`: an edge with it has all of the demo's objects. `created`: how many were new."""

    revision: int
    created: int


def prepare(client: Client, ports: Mapping[str, int]) -> Prepared:
    """Create all objects, unless they are there, with the providers at these ports. Raises ApiError."""
    if of_demo(client):
        return refresh(client, ports)
    changes = list(_creates(ports))
    revision = client.apply_changes(changes)["revision"]
    return Prepared(revision=revision or 0, created=len(changes))


def refresh(client: Client, ports: Mapping[str, int]) -> Prepared:
    """Point the demo's providers that still exist at these ports, and create nothing. Raises ApiError."""
    revision = 0
    for key, provider in of_demo(client).items():
        hostname = f"{HOST}:{ports[key]}"
        if provider["hostname"] != hostname:
            client.providers.update(provider["id"], hostname=hostname)
        revision = max(revision, int(client.providers.get_tagged(provider["id"]).etag.strip('"')))
    return Prepared(revision=revision, created=0)


def of_demo(client: Client) -> dict[str, ProviderAnswer]:
    """The demo's providers that exist, by the keys of their carriers. Raises ApiError."""
    keys = {carrier.key for carrier in CARRIERS}
    marked = ((provider["metadata"].get(METADATA), provider) for provider in client.providers.all())
    return {key: provider for key, provider in marked if key in keys}


def _creates(ports: Mapping[str, int]) -> Iterator[ChangeBody]:
    for customer in CUSTOMERS:
        fields = {"name": customer.name, "detail": DETAIL}
        yield {"action": "create", "kind": "customer", "ref": customer.key, "fields": fields}
        fields = {"name": f"{customer.name} switch", "detail": DETAIL, "customer_id": f"@{customer.key}"}
        by_address = {"auth_types": ["ip"], "allowed_ips": [customer.address]}
        yield {"action": "create", "kind": "trunk", "fields": fields | by_address}
    for carrier in CARRIERS:
        yield {
            "action": "create",
            "kind": "provider",
            "ref": carrier.key,
            "fields": {
                "type": "sip",
                "hostname": f"{HOST}:{ports[carrier.key]}",
                "name": carrier.name,
                "detail": carrier.detail,
                "max_channels": carrier.max_channels,
                "metadata": {METADATA: carrier.key},
            },
        }
    for route in routes():
        yield {
            "action": "create",
            "kind": "route",
            "fields": {
                "customer_id": f"@{route.customer}" if route.customer else SYSTEM_DEFAULT_CUSTOMER,
                "provider_id": f"@{route.provider}",
                "target": route.target,
                "priority": route.priority,
                "detail": DETAIL,
            },
        }
