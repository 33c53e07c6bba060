"""Breakers that calls open and a moved provider resets, as the API, the metrics and the next calls show them.

Every carrier answers OPTIONS with 200 throughout: what the tests see comes from calls alone.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest

from dialplane.domain.health import CLOSED, HEALTHY, OPEN
from dialplane.engine.reasons import Reason
from dialplane_simulator.behaviour import Behaviour, refuse, silent
from tests.serve.carriers import Carriers, live_carriers
from tests.serve.instance import Instance, serving
from tests.serve.live import FAST_PROBES, TOLD_WITHIN_S, LiveCustomer, decided, is_placed_for, tried
from tests.waiting import eventually

ENVIRONMENT = {**FAST_PROBES, "DIALPLANE_BREAKER_FAILURES": "2", "DIALPLANE_BREAKER_OPEN_S": "3600"}
NODE, OTHER = "node", "other"


class Stage:
    """A node with an edge, a second edge of its control plane, and a customer whose first carrier takes no calls."""

    def __init__(self, node: Instance, other: Instance, customer: LiveCustomer, carriers: Carriers) -> None:
        self.node = node
        self.other = other
        self.customer = customer
        self.carriers = carriers
        self.first_id, self.second_id = customer.provider_ids

    def breaker(self, edge: str) -> str:
        """That of the first provider at an edge, as the API has it."""
        return str(self.customer.view(self.first_id, edge).get("breaker", ""))

    def gauge(self, edge: str) -> float | None:
        """The same, as it is measured."""
        text = httpx2.get(f"{self.node.running()['control_url']}/metrics", timeout=30).text
        labels = rf'edge="{edge}",provider="{self.first_id}"'
        found = re.search(rf"^dialplane_provider_breaker{{{labels}}} (\S+)$", text, re.M)
        return float(found[1]) if found else None

    def await_probed(self, edge: str) -> None:
        """Wait until an edge has told that the first provider answers OPTIONS."""
        eventually(
            lambda: self.customer.view(self.first_id, edge).get("status") == HEALTHY,
            within_s=TOLD_WITHIN_S,
            what=f"{edge} to know the providers",
        )

    def await_breaker(self, edge: str, state: str, gauge: float) -> None:
        """Wait until the API and the metrics say so."""
        eventually(lambda: self.breaker(edge) == state, within_s=TOLD_WITHIN_S, what=f"{state} at {edge}")
        eventually(lambda: self.gauge(edge) == gauge, within_s=TOLD_WITHIN_S, what=f"{gauge} at {edge} in /metrics")

    def trip(self) -> None:
        """Two calls by way of the node, both lost on the first carrier."""
        for _ in range(2):
            call = self.customer.call(self.node)
            assert [provider for provider, _ in tried(call)] == [self.first_id, self.second_id]
        self.await_breaker(NODE, OPEN, 1.0)


@pytest.fixture(scope="module")
def edges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Instance, Instance]]:
    """A node, and an edge alone that follows it."""
    folder = tmp_path_factory.mktemp("edges")
    with ExitStack() as stack:
        enter = stack.enter_context
        node = enter(serving(folder / NODE, environment={**ENVIRONMENT, "DIALPLANE_EDGE_NAME": NODE}))
        with node.client() as client:
            token = client.accesskeys.create(name="edges", expire=86_400, role="edge")["token"]
        (folder / "key").write_text(token)
        control = ("--control", node.running()["control_url"], "--key-file", str(folder / "key"))
        environment = {**ENVIRONMENT, "DIALPLANE_EDGE_NAME": OTHER}
        yield node, enter(serving(folder / OTHER, *control, verb=("edge",), environment=environment))


@pytest.fixture
def stage(request: pytest.FixtureRequest, edges: tuple[Instance, Instance]) -> Iterator[Stage]:
    first: Behaviour = getattr(request, "param", refuse(status=503))
    node, other = edges
    with ExitStack() as stack:
        carriers = stack.enter_context(live_carriers())
        hostnames = [carriers.open(first).hostname, carriers.open().hostname]
        customer = stack.enter_context(LiveCustomer(stack.enter_context(node.client()), *hostnames))
        made = Stage(node, other, customer, carriers)
        for edge in (NODE, OTHER):
            made.await_probed(edge)
        yield made


def healthy(stage: Stage) -> dict[str, Any]:
    """The first carrier as the node's probes find it, unless the last ones came too late on a busy machine."""
    told = stage.customer.view(stage.first_id, NODE)
    return told if told["status"] == HEALTHY else {}


@pytest.mark.parametrize("stage", [refuse(status=503), silent()], ids=["503", "silent"], indirect=True)
def test_a_breaker_that_calls_open_is_seen_and_is_that_of_one_edge(stage: Stage) -> None:
    stage.trip()
    told = eventually(lambda: healthy(stage), within_s=20, what="a carrier that passes its probes")
    assert told["breaker_detail"].startswith("2 attempts in a row failed")

    call = stage.customer.call(stage.node)
    assert decided(call) == [stage.second_id, stage.first_id]
    assert is_placed_for(call, stage.first_id, Reason.BREAKER_OPEN)
    assert tried(call) == [(stage.second_id, 200)]

    call = stage.customer.call(stage.other)
    assert call["edge"] == OTHER
    assert decided(call) == [stage.first_id, stage.second_id]
    assert not is_placed_for(call, stage.first_id, Reason.BREAKER_OPEN)
    assert [provider for provider, _ in tried(call)] == [stage.first_id, stage.second_id]
    assert (stage.breaker(OTHER), stage.gauge(OTHER)) == (CLOSED, 0.0)
    assert (stage.breaker(NODE), stage.gauge(NODE)) == (OPEN, 1.0)


def test_a_provider_that_moves_is_tried_in_its_old_place_again(stage: Stage) -> None:
    stage.trip()
    revived = stage.carriers.open()

    stage.customer.client.providers.update(stage.first_id, hostname=revived.hostname)
    assert stage.breaker(NODE) in ("", CLOSED)
    call = stage.customer.call_until(
        stage.node, lambda call: decided(call)[0] == stage.first_id, what="the edge to use the change"
    )
    assert not is_placed_for(call, stage.first_id, Reason.BREAKER_OPEN)
    assert tried(call) == [(stage.first_id, 200)]
    stage.await_breaker(NODE, CLOSED, 0.0)
    assert revived.calls > 0
