import pytest

from dialplane.companion.probing.probes import refusal as refusal_of
from dialplane.domain.hostname import HostPort
from dialplane.engine.destinations import Destinations
from dialplane.system.address import SocketAddress, is_of_this_machine

OWN = HostPort("127.0.0.1", 5060)


def refused(host: str, port: int, *, own: HostPort = OWN, denied: tuple[str, ...] = ()) -> str | None:
    destinations = Destinations([own], denied=denied, is_local=is_of_this_machine)
    return refusal_of(SocketAddress(host, port), destinations)


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
    assert refused(address, 5070) == refusal


def test_the_edges_own_socket_is_refused_also_as_a_mapped_address() -> None:
    assert refused("127.0.0.1", 5060) == "this edge's own SIP socket"
    assert refused("::ffff:127.0.0.1", 5060) == "this edge's own SIP socket"


def test_an_edge_on_all_addresses_knows_those_of_this_machine() -> None:
    everywhere = HostPort("0.0.0.0", 5060)

    assert refused("127.0.0.5", 5060, own=everywhere) == "this edge's own SIP socket"
    assert refused("192.0.2.1", 5060, own=everywhere) is None


def test_a_setting_can_deny_more() -> None:
    assert refused("10.1.2.3", 5060, denied=("10.0.0.0/8",)) == "in a network that the settings deny"
    assert refused("2001:db8::1", 5060, denied=("10.0.0.0/8",)) is None
