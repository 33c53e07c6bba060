import socket
from ipaddress import ip_address

import pytest

from dialplane.edge.call.destinations import Destinations, is_of_this_machine
from dialplane.engine.reasons import DENIED_NETWORK, OWN_SOCKET

ELSEWHERE = "192.0.2.1"  # RFC 5737: nobody's


@pytest.mark.parametrize(
    ("destination", "refusal"),
    [
        ("127.0.0.1:5060", OWN_SOCKET),
        ("[::ffff:127.0.0.1]:5060", OWN_SOCKET),
        ("[0:0:0:0:0:0:0:1]:5061", OWN_SOCKET),
        ("127.0.0.2:5060", ""),
        ("127.0.0.1:5070", ""),
        ("[::1]:5060", ""),
        ("10.1.2.3:5060", DENIED_NETWORK),
        ("[::ffff:10.1.2.3]:5060", DENIED_NETWORK),
        ("[2001:db8::1]:5060", DENIED_NETWORK),
        ("11.1.2.3:5060", ""),
    ],
)
def test_no_call_goes_to_our_own_sockets_or_into_denied_networks(destination: str, refusal: str) -> None:
    destinations = Destinations(("127.0.0.1:5060", "[::1]:5061"), denied=("10.0.0.0/8", "2001:db8::/32"))

    assert destinations.refusal(destination) == refusal


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "[::]"])
def test_who_listens_on_all_addresses_listens_on_each_of_this_machines(everywhere: str) -> None:
    destinations = Destinations((f"{everywhere}:5060",))

    for own in ("127.0.0.1:5060", "127.0.0.2:5060", "[::1]:5060"):
        assert destinations.refusal(own) == OWN_SOCKET
    for other in ("127.0.0.1:5070", f"{ELSEWHERE}:5060"):
        assert destinations.refusal(other) == ""


def test_an_address_of_this_machine_is_told_from_others() -> None:
    """Also one that is not loopback, where there is one: the address that packets to elsewhere would come from."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((ELSEWHERE, 9))
            own = str(probe.getsockname()[0])
        except OSError:  # no network but loopback
            own = "127.0.0.2"

    assert is_of_this_machine(ip_address(own))
    assert is_of_this_machine(ip_address("::1"))
    assert not is_of_this_machine(ip_address(ELSEWHERE))
    assert not is_of_this_machine(ip_address("2001:db8::1"))
