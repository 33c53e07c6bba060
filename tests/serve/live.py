"""A customer of a running node, with a route to each of its providers, and its calls as they stand on record."""

from collections.abc import Callable
from typing import Any, Literal, Self

from dialplane.client import Client
from dialplane.demo.calling import fetch_call, place_call
from dialplane.engine.reasons import REASONS
from tests.serve.instance import Instance
from tests.waiting import eventually

NUMBER = "+821021656521"
TOLD_WITHIN_S = 40.0
FAST_PROBES = {
    "DIALPLANE_PROBE_INTERVAL_S": "0.2",
    "DIALPLANE_PROBE_TIMEOUT_S": "0.3",
    "DIALPLANE_PROBE_DOWN_AFTER": "2",
    "DIALPLANE_PROBE_UP_AFTER": "2",
}


class LiveCustomer:
    """Calls from one address to any number try `provider_ids` in this order; all of it is deleted with the block.

    `address` is the caller's: no two customers have the same one at a time. Only the first `routed` providers get a
    route.
    """

    def __init__(
        self,
        client: Client,
        *hostnames: str,
        transport: Literal["udp", "tcp", "tls"] = "udp",
        address: str = "127.0.0.1",
        target: str = "all",
        routed: int | None = None,
    ) -> None:
        self.client = client
        self.id: str = client.customers.create(name="customer")["id"]
        client.trunks.create(customer_id=self.id, name="trunk", auth_types=["ip"], allowed_ips=[address])
        self.provider_ids: list[str] = [
            client.providers.create(type="sip", hostname=hostname, transport=transport)["id"] for hostname in hostnames
        ]
        self.route_ids: list[str] = []
        for provider_id in self.provider_ids[:routed]:
            self.add_route(provider_id, target=target)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for route_id in self.route_ids:
            self.client.routes.delete(route_id)
        for trunk in self.client.trunks.all(customer_id=self.id):
            self.client.trunks.delete(trunk["id"])
        for provider_id in self.provider_ids:
            self.client.providers.delete(provider_id)
        self.client.customers.delete(self.id)

    def add_route(self, provider_id: str, *, target: str = "all") -> None:
        """One more, tried after the others."""
        route = self.client.routes.create(
            customer_id=self.id, provider_id=provider_id, priority=len(self.route_ids), target=target
        )
        self.route_ids.append(route["id"])

    def calls(self) -> list[dict[str, Any]]:
        """Its calls on record."""
        own = [call for call in self.client.calls.all() if call["customer_id"] == self.id]
        return [dict(self.client.calls.get(call["id"])) for call in own]

    def await_table(self, edge: Instance) -> None:
        """Wait until an edge answers this customer's calls."""
        sip = edge.running()["sip"]
        eventually(lambda: place_call(sip, NUMBER, talk_s=0.0).status == 200, within_s=TOLD_WITHIN_S, what="an answer")

    def call(self, edge: Instance) -> dict[str, Any]:
        """A call by way of an edge: its whole record, once it is complete."""
        [call] = self.call_often(edge, 1)
        return call

    def call_often(self, edge: Instance, times: int) -> list[dict[str, Any]]:
        """So many calls, one after the other: their records."""
        results = [place_call(edge.running()["sip"], NUMBER, talk_s=0.0) for _ in range(times)]
        found = [fetch_call(self.client, one, number=NUMBER, deadline_s=TOLD_WITHIN_S) for one in results]
        return [dict(self.client.calls.get(call["id"])) for call in found]

    def call_until(self, edge: Instance, meets: Callable[[dict[str, Any]], bool], *, what: str) -> dict[str, Any]:
        """Call by way of an edge until a record is as wanted; that record."""
        calls: list[dict[str, Any]] = []

        def call() -> bool:
            calls.append(self.call(edge))
            return meets(calls[-1])

        eventually(call, within_s=TOLD_WITHIN_S, what=what)
        return calls[-1]

    def await_health(self, provider_id: str, status: str) -> None:
        """Wait until the list of providers says so."""
        eventually(
            lambda: {one["id"]: one["health_status"] for one in self.client.providers.all()}[provider_id] == status,
            within_s=TOLD_WITHIN_S,
            what=f"{status}: {self.client.providers.health(provider_id)}",
        )

    def view(self, provider_id: str, edge: str) -> dict[str, Any]:
        """What an edge has told of a provider; empty where nothing."""
        views = self.client.providers.health(provider_id)["edges"]
        return next((dict(view) for view in views if view["edge"] == edge), {})


def decided(call: dict[str, Any]) -> list[str]:
    """The providers in the order of the decision."""
    placed = [place for place in call["decision"] if place["position"] is not None]
    return [place["provider_id"] for place in sorted(placed, key=lambda place: place["position"])]


def tried(call: dict[str, Any]) -> list[tuple[str, int | None]]:
    """Each attempt that was sent: to whom, and the status that it came to."""
    return [(one["provider_id"], one["sip_status"]) for one in call["attempts"] if one["uri"]]


def is_placed_for(call: dict[str, Any], provider_id: str, reason: str) -> bool:
    """Whether the decision gives this reason for the provider's place."""
    [place] = [place for place in call["decision"] if place["provider_id"] == provider_id]
    return REASONS[reason].sentence in place["why"]
