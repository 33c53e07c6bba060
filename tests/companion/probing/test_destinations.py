from ipaddress import ip_network

import pytest

from dialplane.companion.probing.destinations import Destinations
from dialplane.companion.probing.resolver import Endpoint

OWN = ("127.0.0.1", 5060)


@pytest.mark.parametrize(
    ("address", "refusal"),
    [
        ("169.254.169.254", "a link-local address"),
        ("fe80::1", "a link-local address"),
        ("224.0.1.75", "a multicast address"),
        ("255.255.255.255", "a broadcast address"),
        ("0.0.0.0", "an unspecified address"),
        ("::ffff:169.254.169.254", "a link-local address"),
        ("10.0.0.7", None),
        ("127.0.0.1", None),
        ("192.0.2.1", None),
    ],
)
def test_no_probe_goes_where_no_call_may(address: str, refusal: str | None) -> None:
    assert Destinations(own=OWN).refusal(Endpoint(address, 5070)) == refusal


def test_the_edges_own_socket_is_refused_also_as_a_mapped_address() -> None:
    destinations = Destinations(own=OWN)

    assert destinations.refusal(Endpoint("127.0.0.1", 5060)) == "this edge's own SIP socket"
    assert destinations.refusal(Endpoint("::ffff:127.0.0.1", 5060)) == "this edge's own SIP socket"


def test_an_edge_on_all_addresses_knows_those_of_this_machine() -> None:
    destinations = Destinations(own=("0.0.0.0", 5060))

    assert destinations.refusal(Endpoint("127.0.0.5", 5060)) == "this edge's own SIP socket"
    assert destinations.refusal(Endpoint("192.0.2.1", 5060)) is None


def test_a_setting_can_deny_more() -> None:
    destinations = Destinations(own=OWN, denied=[ip_network("10.0.0.0/8")])

    assert destinations.refusal(Endpoint("10.1.2.3", 5060)) == "in a network that the settings deny"
    assert destinations.refusal(Endpoint("2001:db8::1", 5060)) is None
