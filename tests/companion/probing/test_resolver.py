import asyncio
import itertools

import pytest

from dialplane.companion.probing.resolver import REDRAW_S, NameNotResolved, Resolver
from dialplane.system.address import SocketAddress
from tests.companion.nameserver import Records, serving

DRAWS = 40
"""So many draws all agree once in 10^12."""

ZONE: Records = {
    ("one.example", "A"): ["192.0.2.1"],
    ("two.example", "A"): ["192.0.2.2"],
    ("many.example", "A"): ["192.0.2.4", "192.0.2.5", "192.0.2.6"],
    ("two.example", "AAAA"): ["2001:db8::2"],
    ("srv.example", "A"): ["192.0.2.99"],
    ("_sip._udp.srv.example", "SRV"): ["20 0 5080 two.example.", "15 1 5070 one.example.", "10 9 5071 one.example."],
    ("_sip._tcp.srv.example", "SRV"): ["0 0 0 ."],
    ("_sips._tcp.srv.example", "SRV"): ["0 0 5061 one.example."],
    ("_sip._udp.two-ways.example", "SRV"): ["1 5 5070 one.example.", "1 5 5070 two.example."],
    ("_sip._udp.dangling.example", "SRV"): ["0 0 5060 nowhere.example."],
}


def resolve(hostname: str, transport: str = "udp") -> list[str]:
    async def scenario() -> list[str]:
        with serving(ZONE) as server:
            resolver = Resolver(SocketAddress("127.0.0.1", server.port), lifetime_s=5.0)
            try:
                return [str(endpoint) for endpoint in await resolver.endpoints(hostname, transport)]
            finally:
                resolver.close()

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("hostname", "transport", "endpoints"),
    [
        ("192.0.2.7", "udp", ["192.0.2.7:5060"]),
        ("192.0.2.7", "tls", ["192.0.2.7:5061"]),
        ("[2001:db8::7]:5090", "tcp", ["[2001:db8::7]:5090"]),
        ("one.example", "udp", ["192.0.2.1:5060"]),
        ("one.example:5090", "tcp", ["192.0.2.1:5090"]),
        ("two.example", "udp", ["192.0.2.2:5060", "[2001:db8::2]:5060"]),
        (
            "srv.example",
            "udp",
            ["192.0.2.1:5071", "192.0.2.1:5070", "192.0.2.2:5080", "[2001:db8::2]:5080"],
        ),
        ("srv.example", "tls", ["192.0.2.1:5061"]),
        ("srv.example:5090", "udp", ["192.0.2.99:5090"]),
        ("localhost:5070", "udp", ["127.0.0.1:5070"]),
    ],
)
def test_a_hostname_becomes_the_addresses_that_calls_go_to(hostname: str, transport: str, endpoints: list[str]) -> None:
    found = resolve(hostname, transport)

    assert [endpoint for endpoint in found if not endpoint.startswith("[::1]")] == endpoints


def test_services_of_equal_priority_take_turns_and_one_draw_holds_for_a_while() -> None:
    async def scenario() -> list[list[str]]:
        with serving(ZONE) as server:
            resolver = Resolver(SocketAddress("127.0.0.1", server.port), lifetime_s=5.0, now_s=lambda: next(half_draws))
            try:
                return [
                    [str(endpoint) for endpoint in await resolver.endpoints("two-ways.example", "udp")]
                    for _ in range(2 * DRAWS)
                ]
            finally:
                resolver.close()

    half_draws = itertools.count(0.0, REDRAW_S / 2)
    orders = asyncio.run(scenario())

    assert orders[::2] == orders[1::2]
    assert {order[0] for order in orders} == {"192.0.2.1:5070", "192.0.2.2:5070"}
    assert {len(order) for order in orders} == {3}


def test_a_changed_set_of_services_is_drawn_at_once() -> None:
    first, second = ["1 5 5070 one.example."], ["1 5 5080 two.example."]

    async def scenario() -> tuple[list[str], list[str]]:
        with serving(ZONE) as server:
            found = []
            resolver = Resolver(SocketAddress("127.0.0.1", server.port), lifetime_s=5.0, now_s=lambda: 0.0)
            try:
                for records in (first, second):
                    server.records = {**ZONE, ("_sip._udp.moved.example", "SRV"): records}
                    found.append([str(endpoint) for endpoint in await resolver.endpoints("moved.example", "udp")])
            finally:
                resolver.close()
        return found[0], found[1]

    before, after = asyncio.run(scenario())
    assert before == ["192.0.2.1:5070"]
    assert after == ["192.0.2.2:5080", "[2001:db8::2]:5080"]


def test_all_addresses_of_a_name_are_kept() -> None:
    assert sorted(resolve("many.example")) == ["192.0.2.4:5060", "192.0.2.5:5060", "192.0.2.6:5060"]


def test_a_service_that_dns_says_is_not_offered_is_not_tried() -> None:
    with pytest.raises(NameNotResolved, match="offers no SIP over tcp"):
        resolve("srv.example", "tcp")


@pytest.mark.parametrize("hostname", ["nowhere.example", "dangling.example"])
def test_a_name_without_an_address_says_so(hostname: str) -> None:
    with pytest.raises(NameNotResolved, match="no address found"):
        resolve(hostname)


@pytest.mark.parametrize(("silent", "endpoints"), [("A", None), ("SRV", None), ("AAAA", ["192.0.2.2:5070"])])
def test_half_an_answer_is_not_taken_for_the_whole(silent: str, endpoints: list[str] | None) -> None:
    zone = {**ZONE, ("_sip._udp.half.example", "SRV"): ["0 0 5070 two.example."], ("half.example", "A"): ["192.0.2.9"]}

    async def scenario() -> None:
        with serving(zone) as server:
            resolver = Resolver(SocketAddress("127.0.0.1", server.port), lifetime_s=3.0)
            try:
                known = await resolver.endpoints("half.example", "udp")
                assert [str(endpoint) for endpoint in known] == ["192.0.2.2:5070", "[2001:db8::2]:5070"]
                server.silent = {silent}
                if endpoints is None:
                    with pytest.raises(NameNotResolved, match="DNS does not answer"):
                        await resolver.endpoints("half.example", "udp")
                else:
                    found = await resolver.endpoints("half.example", "udp")
                    assert [str(endpoint) for endpoint in found] == endpoints
            finally:
                resolver.close()

    asyncio.run(scenario())
