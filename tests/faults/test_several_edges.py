"""Several edges on one control plane: each follows, records and routes by itself, also while it is cut off."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

from dialplane.client import Client
from dialplane.demo.calling import fetch_call, place_call
from dialplane.domain.health import CLOSED, HEALTHY, OPEN, UNHEALTHY
from dialplane.domain.instants import format_instant
from dialplane.engine.reasons import Reason
from dialplane.system.address import SocketAddress
from dialplane_simulator.behaviour import refuse
from tests.faults.cuttable import Cuttable, cuttable
from tests.serve.carriers import LiveCarrier, live_carriers
from tests.serve.instance import Instance, serving
from tests.serve.live import FAST_PROBES, LiveCustomer, decided, is_placed_for, tried
from tests.waiting import eventually

NUMBER = "+821021656521"
CAUGHT_UP_S = 60.0
LEARNS_FAST = {**FAST_PROBES, "DIALPLANE_BREAKER_FAILURES": "2", "DIALPLANE_BREAKER_OPEN_S": "3600"}


class Estate:
    """Two edges of a control plane, of which one is reached by way of `line`, and a customer with two carriers.

    The customer's calls go to the first carrier.
    """

    def __init__(
        self, edges: list[Instance], line: Cuttable, carriers: list[LiveCarrier], customer: LiveCustomer
    ) -> None:
        self.edges = edges
        self.line = line
        self.carriers = carriers
        self.customer = customer
        self.client: Client = customer.client
        self.provider_ids = customer.provider_ids

    def call(self, edge: Instance) -> int | None:
        """The final status of a call by way of an edge; None where none came."""
        return place_call(edge.running()["sip"], NUMBER, talk_s=0.05).status

    def calls_of(self, name: str) -> list[dict[str, Any]]:
        """The calls on record that an edge has seen end."""
        return [dict(call) for call in self.client.calls.all() if call["edge"] == name and call["status"] == "hangup"]

    def records_of(self, name: str) -> list[dict[str, Any]]:
        """The same with their decisions, the oldest first."""
        calls = sorted(self.calls_of(name), key=lambda call: str(call["tm_start"]))
        return [dict(self.client.calls.get(call["id"])) for call in calls]

    def edge(self, name: str) -> dict[str, Any]:
        """An edge as the API shows it; empty until it is known."""
        return next((dict(edge) for edge in self.client.edges.all() if edge["name"] == name), {})

    def view_of_first(self, name: str) -> tuple[str, str]:
        """What an edge has told of the first provider: its health and its breaker."""
        views = self.client.providers.health(self.provider_ids[0])["edges"]
        return next(((view["status"], view["breaker"]) for view in views if view["edge"] == name), ("", ""))

    def add_second_route(self) -> None:
        """Calls may go to the second carrier after the first. Wait until both edges know it, and what is healthy."""
        self.customer.add_route(self.provider_ids[1])
        for edge, name in zip(self.edges, ("east", "west"), strict=True):
            eventually(lambda: self.call(edge) == 200, within_s=CAUGHT_UP_S, what=f"{name} to route")
            eventually(partial(self._knows_both, edge, name), within_s=CAUGHT_UP_S, what=f"{name} to know")
        ended = {"hangup"}
        eventually(lambda: {call["status"] for call in self.client.calls.all()} == ended, what="the end of each call")

    def _knows_both(self, edge: Instance, name: str) -> bool:
        result = place_call(edge.running()["sip"], NUMBER, talk_s=0.0)
        call = self.client.calls.get(fetch_call(self.client, result, number=NUMBER, deadline_s=CAUGHT_UP_S)["id"])
        return decided(dict(call)) == self.provider_ids and self.view_of_first(name)[0] == HEALTHY

    def provider_of_last_call(self, name: str) -> str:
        """Whom the newest call of an edge went to."""
        calls = sorted(self.calls_of(name), key=lambda call: str(call["tm_start"]))
        return str(calls[-1]["attempts"][-1]["provider_id"]) if calls else ""


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Instance, list[Instance], Cuttable]]:
    """The control plane, its two edges, and the line to one of them."""
    folder = tmp_path_factory.mktemp("machines")
    with ExitStack() as stack:
        enter = stack.enter_context
        control = enter(serving(folder / "control"))
        url = control.running()["control_url"]
        line = enter(cuttable(SocketAddress.parse(url.removeprefix("http://"))))
        with control.client() as client:
            token = client.accesskeys.create(name="edges", expire=86_400, role="edge")["token"]
        (folder / "key").write_text(token)
        edges = [
            enter(
                serving(
                    folder / name, "--control", control_url, "--key-file", str(folder / "key"),
                    verb=("edge",), environment={**LEARNS_FAST, "DIALPLANE_EDGE_NAME": name},
                )
            )
            for name, control_url in (("east", url), ("west", f"http://127.0.0.1:{line.port}"))
        ]  # fmt: skip
        yield control, edges, line


@pytest.fixture
def estate(machines: tuple[Instance, list[Instance], Cuttable]) -> Iterator[Estate]:
    control, edges, line = machines
    with ExitStack() as stack:
        carriers = stack.enter_context(live_carriers())
        both = [carriers.open(), carriers.open()]
        client = stack.enter_context(control.client())
        hostnames = [carrier.hostname for carrier in both]
        customer = stack.enter_context(LiveCustomer(client, *hostnames, routed=1))
        stack.callback(line.mend)
        yield Estate(edges, line, both, customer)


def test_two_edges_follow_record_and_route_on_when_one_is_cut_off(estate: Estate) -> None:
    east, west = estate.edges
    for edge in (east, west):
        eventually(lambda: estate.call(edge) == 200, within_s=CAUGHT_UP_S, what="the edge to route")
    for name in ("east", "west"):
        eventually(lambda: estate.calls_of(name), within_s=CAUGHT_UP_S, what=f"a call of {name}")

    estate.line.cut()
    estate.client.routes.update(estate.customer.route_ids[0], provider_id=estate.provider_ids[1])
    eventually(
        lambda: estate.call(east) == 200 and estate.provider_of_last_call("east") == estate.provider_ids[1],
        within_s=CAUGHT_UP_S,
        what="east to use the change",
    )
    before = len(estate.calls_of("west"))
    assert [estate.call(west) for _ in range(3)] == [200] * 3
    assert len(estate.calls_of("west")) == before

    estate.line.mend()
    eventually(lambda: len(estate.calls_of("west")) >= before + 3, within_s=CAUGHT_UP_S, what="west's records")
    assert estate.provider_of_last_call("west") == estate.provider_ids[0]
    eventually(
        lambda: estate.call(west) == 200 and estate.provider_of_last_call("west") == estate.provider_ids[1],
        within_s=CAUGHT_UP_S,
        what="west to use the change",
    )
    print(
        f"\nTwo edges, one cut off: it carried 3 of 3 calls on its last table, {len(estate.calls_of('west')) - before} "
        f"of its calls on record after its return"
    )
    seen = {str(edge["name"]): edge for edge in estate.client.edges.all()}
    assert {"east", "west"} <= seen.keys()
    assert all(seen[name]["kamailio_version"] for name in ("east", "west"))


@pytest.mark.parametrize(
    ("learns_by", "learnt", "reason"),
    [("probes", (UNHEALTHY, CLOSED), Reason.UNHEALTHY), ("calls", (HEALTHY, OPEN), Reason.BREAKER_OPEN)],
)
def test_an_edge_that_is_cut_off_learns_of_a_failing_carrier_by_itself_and_tells_it_later(
    estate: Estate, learns_by: str, learnt: tuple[str, str], reason: str
) -> None:
    _, west = estate.edges
    first, second = estate.carriers
    estate.add_second_route()
    before = len(estate.calls_of("west"))

    estate.line.cut()
    cut_at = format_instant(time.time_ns() // 1000)
    estate.client.providers.update(estate.provider_ids[1], detail="changed behind the back of west")
    changed_at = format_instant(time.time_ns() // 1000)
    if learns_by == "probes":
        first.answer_options(503)
    else:
        first.behave(refuse(status=503))
    placed = calls_until_first_is_left_alone(estate, west)
    taken = (first.calls, second.calls)
    assert [estate.call(west) for _ in range(3)] == [200] * 3
    assert (first.calls, second.calls) == (taken[0], taken[1] + 3)

    eventually(lambda: estate.edge("east")["lag_revisions"] == 0, within_s=CAUGHT_UP_S, what="east to have the change")
    seen, other = estate.edge("west"), estate.edge("east")
    assert (seen["revision"] < other["revision"], seen["lag_revisions"] >= 1) == (True, True)
    assert seen["last_contact"] < changed_at
    assert max(cut_at, seen["last_contact"]) < other["last_contact"]
    assert estate.view_of_first("west") == (HEALTHY, CLOSED)
    assert len(estate.calls_of("west")) == before

    mended_at = format_instant(time.time_ns() // 1000)
    estate.line.mend()
    wanted = before + placed + 3
    eventually(lambda: len(estate.calls_of("west")) >= wanted, within_s=CAUGHT_UP_S, what="west's records")
    records = estate.records_of("west")
    assert len(records) == wanted
    for record in records[-3:]:
        assert decided(record) == estate.provider_ids[::-1]
        assert is_placed_for(record, estate.provider_ids[0], reason)
        assert tried(record) == [(estate.provider_ids[1], 200)]
    eventually(lambda: estate.view_of_first("west") == learnt, within_s=CAUGHT_UP_S, what=f"{learnt} at west")
    if learns_by == "calls":
        assert estate.view_of_first("east") == (HEALTHY, CLOSED)
    eventually(lambda: estate.edge("west")["lag_revisions"] == 0, within_s=CAUGHT_UP_S, what="west to catch up")
    seen, other = estate.edge("west"), estate.edge("east")
    assert (seen["revision"], seen["last_contact"] > mended_at) == (other["revision"], True)


def calls_until_first_is_left_alone(estate: Estate, edge: Instance) -> int:
    """Call until the first carrier is not tried, all answered; how many calls that took."""
    placed = 0

    def is_left_alone() -> bool:
        nonlocal placed
        tried_before, placed = estate.carriers[0].calls, placed + 1
        assert estate.call(edge) == 200
        return estate.carriers[0].calls == tried_before

    eventually(is_left_alone, within_s=CAUGHT_UP_S, what="the edge to pass over its first carrier")
    return placed
