"""Carriers that are known by a name, through a whole node: DNS is asked ahead of calls and never by one.

Only the name server of the test knows the names (`.test`, RFC 6761), and only the companion is told of it: a call that
had to ask anybody else would not be answered.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Literal

import pytest

from dialplane.domain.health import HEALTHY
from tests.companion import nameserver
from tests.companion.nameserver import NameServer
from tests.ports import free_port
from tests.serve.carriers import LiveCarrier, live_carriers
from tests.serve.instance import Instance, serving
from tests.serve.live import FAST_PROBES, LiveCustomer, tried
from tests.waiting import eventually

CALLS = 20
SILENCE_COSTS_MS = 1_000  # Kamailio's own dns_retr_time, the least that a name looked up in vain would add to a call
ONE_PROBE = {**FAST_PROBES, "DIALPLANE_PROBE_INTERVAL_S": "3600"}
SRV, PLAIN = "SRV with two targets", "one name with two addresses"


class Stage:
    """A node, the name server that its companion asks, and one provider with two addresses; DNS has `first` first."""

    def __init__(self, node: Instance, dns: NameServer, customer: LiveCustomer, carriers: list[LiveCarrier]) -> None:
        self.node = node
        self.dns = dns
        self.customer = customer
        self.first, self.second = carriers
        [self.provider_id] = customer.provider_ids

    def call_each_answered_at_once(self) -> None:
        """Place CALLS calls: one attempt each, answered, none as slow as a question to DNS that has no answer."""
        calls = self.customer.call_often(self.node, CALLS)
        assert [tried(call) for call in calls] == [[(self.provider_id, 200)]] * CALLS
        assert [call["pdd_ms"] for call in calls if call["pdd_ms"] >= SILENCE_COSTS_MS] == []


Staged = Callable[..., AbstractContextManager[Stage]]
Node = tuple[Instance, NameServer]


def hostname_and_zone(names: str, domain: str, transport: str, port: int) -> tuple[str, nameserver.Records]:
    """What the provider is called, and what DNS has for it."""
    if names == PLAIN:
        return f"{domain}:{port}", {(domain, "A"): ["127.0.0.2", "127.0.0.3"]}
    return domain, {
        (f"_sip._{transport}.{domain}", "SRV"): [f"2 0 {port} two.{domain}.", f"1 0 {port} one.{domain}."],
        (f"one.{domain}", "A"): ["127.0.0.2"],
        (f"two.{domain}", "A"): ["127.0.0.3"],
    }


@pytest.fixture(scope="module")
def node_with(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Mapping[str, str]], Node]]:
    """Call it with the probes' settings: a node with these, and the name server that its companion asks."""
    nodes: dict[str, Node] = {}
    with ExitStack() as stack:

        def get(probes: Mapping[str, str]) -> Node:
            interval_s = probes["DIALPLANE_PROBE_INTERVAL_S"]
            if interval_s not in nodes:
                dns = stack.enter_context(nameserver.serving({}))
                environment = {**probes, "DIALPLANE_DNS_SERVER": f"127.0.0.1:{dns.port}"}
                node = serving(tmp_path_factory.mktemp("node") / "data", environment=environment)
                nodes[interval_s] = (stack.enter_context(node), dns)
            return nodes[interval_s]

        yield get


@pytest.fixture(params=[SRV, PLAIN])
def staged(request: pytest.FixtureRequest, node_with: Callable[[Mapping[str, str]], Node]) -> Staged:
    """Call it with the probes' settings and the provider's transport."""

    @contextmanager
    def start(probes: Mapping[str, str], transport: Literal["udp", "tcp", "tls"]) -> Iterator[Stage]:
        node, dns = node_with(probes)
        with ExitStack() as stack:
            enter, port = stack.enter_context, free_port()
            carriers = enter(live_carriers())
            both = [carriers.open(host=host, port=port) for host in ("127.0.0.2", "127.0.0.3")]
            hostname, zone = hostname_and_zone(request.param, f"carrier{port}.test", transport, port)
            dns.silent, dns.records = set(), zone
            customer = enter(LiveCustomer(enter(node.client()), hostname, transport=transport))
            customer.await_health(customer.provider_ids[0], HEALTHY)
            customer.await_table(node)
            yield Stage(node, dns, customer, both)

    return start


def test_no_call_asks_dns_whether_it_answers_or_not(staged: Staged) -> None:
    with staged(ONE_PROBE, "udp") as stage:
        asked, before = stage.dns.asked, stage.first.calls
        assert asked > 0
        for silent in (set[str](), {"A", "AAAA", "SRV"}):
            stage.dns.silent = silent
            stage.call_each_answered_at_once()
        assert stage.dns.asked == asked
        assert (stage.first.calls, stage.second.calls) == (before + 2 * CALLS, 0)


def test_calls_go_on_at_the_last_good_addresses_once_the_companion_gets_no_answer(staged: Staged) -> None:
    with staged(FAST_PROBES, "udp") as stage:
        stage.dns.silent = {"A", "AAAA", "SRV"}
        asked, before = stage.dns.asked, stage.first.calls
        eventually(lambda: stage.dns.asked > asked + 4, within_s=60, what="the companion to ask in vain")

        stage.call_each_answered_at_once()

        assert (stage.first.calls, stage.second.calls) == (before + CALLS, 0)
        stage.customer.await_health(stage.provider_id, HEALTHY)


def test_the_second_address_is_used_in_the_same_attempt_where_the_first_cannot_be_reached(staged: Staged) -> None:
    with staged(ONE_PROBE, "tcp") as stage:
        assert tried(stage.customer.call(stage.node)) == [(stage.provider_id, 200)]
        assert stage.second.calls == 0
        stage.dns.silent = {"A", "AAAA", "SRV"}
        stage.first.die()

        call = stage.customer.call(stage.node)

        assert tried(call) == [(stage.provider_id, 200)]
        assert stage.second.calls == 1


def test_an_address_that_answers_no_probe_is_behind_one_that_does(staged: Staged) -> None:
    with staged(FAST_PROBES, "udp") as stage:
        stage.first.answer_options(None)
        call = stage.customer.call_until(
            stage.node, lambda _: stage.second.calls > 0, what="a call at the second address"
        )
        assert tried(call) == [(stage.provider_id, 200)]
        before = stage.first.calls
        stage.call_each_answered_at_once()
        assert stage.first.calls == before
