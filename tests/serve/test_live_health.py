"""What carriers answer to OPTIONS decides where live calls go: through a whole node, as its API tells it."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from dialplane.domain.health import HEALTHY, UNHEALTHY
from dialplane.engine.reasons import Reason
from dialplane_simulator.behaviour import answer, refuse
from tests.serve.carriers import LiveCarrier, live_carriers
from tests.serve.instance import Instance, serving
from tests.serve.live import FAST_PROBES, LiveCustomer, decided, is_placed_for, tried


class Stage:
    """A node, and the first and the second carrier of its customer: both answer calls and OPTIONS."""

    def __init__(self, node: Instance, customer: LiveCustomer, carriers: list[LiveCarrier]) -> None:
        self.node = node
        self.customer = customer
        self.first, self.second = carriers
        self.first_id, self.second_id = customer.provider_ids


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with serving(tmp_path_factory.mktemp("node") / "data", environment=FAST_PROBES) as node:
        yield node


@pytest.fixture
def stage(node: Instance) -> Iterator[Stage]:
    with ExitStack() as stack:
        carriers = stack.enter_context(live_carriers())
        both = [carriers.open(), carriers.open()]
        client = stack.enter_context(node.client())
        customer = stack.enter_context(LiveCustomer(client, *(carrier.hostname for carrier in both)))
        customer.await_table(node)
        for provider_id in customer.provider_ids:
            customer.await_health(provider_id, HEALTHY)
        yield Stage(node, customer, both)


@pytest.mark.parametrize("status", [503, None])
def test_a_carrier_that_fails_its_probes_is_tried_last_until_it_passes_them(stage: Stage, status: int | None) -> None:
    assert tried(stage.customer.call(stage.node)) == [(stage.first_id, 200)]

    stage.first.answer_options(status)
    stage.customer.await_health(stage.first_id, UNHEALTHY)
    calls_before = stage.first.calls
    call = stage.customer.call(stage.node)
    assert decided(call) == [stage.second_id, stage.first_id]
    assert is_placed_for(call, stage.first_id, Reason.UNHEALTHY)
    assert not is_placed_for(call, stage.second_id, Reason.UNHEALTHY)
    assert tried(call) == [(stage.second_id, 200)]
    assert stage.first.calls == calls_before

    stage.first.answer_options(200)
    stage.customer.await_health(stage.first_id, HEALTHY)
    call = stage.customer.call(stage.node)
    assert decided(call) == [stage.first_id, stage.second_id]
    assert not is_placed_for(call, stage.first_id, Reason.UNHEALTHY)
    assert tried(call) == [(stage.first_id, 200)]


def test_an_unhealthy_carrier_still_gets_what_no_other_takes(stage: Stage) -> None:
    stage.first.answer_options(503)
    stage.customer.await_health(stage.first_id, UNHEALTHY)

    stage.second.behave(refuse(status=503))
    assert tried(stage.customer.call(stage.node)) == [(stage.second_id, 503), (stage.first_id, 200)]

    stage.second.behave(answer())
    stage.customer.client.providers.update(stage.second_id, enabled=False)
    call = stage.customer.call_until(
        stage.node, lambda call: len(decided(call)) == 1, what="the edge to use the change"
    )
    assert is_placed_for(call, stage.second_id, Reason.PROVIDER_DISABLED)
    assert is_placed_for(call, stage.first_id, Reason.UNHEALTHY)
    assert tried(call) == [(stage.first_id, 200)]


def test_a_carrier_that_refuses_options_is_up_and_keeps_its_place(stage: Stage) -> None:
    edge = stage.customer.call(stage.node)["edge"]
    for status in (405, 404, 403):
        stage.first.answer_options(503)
        stage.customer.await_health(stage.first_id, UNHEALTHY)
        stage.first.answer_options(status)
        stage.customer.await_health(stage.first_id, HEALTHY)
        told = stage.customer.view(stage.first_id, edge)
        assert (told["status"], told["detail"]) == (HEALTHY, f"{stage.first.hostname}: {status}")
        assert tried(stage.customer.call(stage.node)) == [(stage.first_id, 200)]
