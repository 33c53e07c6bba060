import pytest

from dialplane.domain.hostname import Address, HostPort, split_hostname
from dialplane.engine.destinations import Destinations
from dialplane.engine.reasons import Reason

ELSEWHERE = "192.0.2.1"


def is_local(address: Address) -> bool:
    return address.is_loopback


@pytest.mark.parametrize(
    ("destination", "refusal"),
    [
        ("127.0.0.1:5060", Reason.OWN_SOCKET),
        ("[::ffff:127.0.0.1]:5060", Reason.OWN_SOCKET),
        ("[0:0:0:0:0:0:0:1]:5061", Reason.OWN_SOCKET),
        ("127.0.0.2:5060", None),
        ("127.0.0.1:5070", None),
        ("[::1]:5060", None),
        ("10.1.2.3:5060", Reason.DENIED_NETWORK),
        ("[::ffff:10.1.2.3]:5060", Reason.DENIED_NETWORK),
        ("[2001:db8::1]:5060", Reason.DENIED_NETWORK),
        ("[64:ff9b::10.1.2.3]:5060", Reason.DENIED_NETWORK),
        ("[2002:a01:203::1]:5060", Reason.DENIED_NETWORK),
        ("[64:ff9b::169.254.169.254]:5060", Reason.DENIED_NETWORK),
        ("169.254.169.254:5060", Reason.DENIED_NETWORK),
        ("11.1.2.3:5060", None),
        ("[64:ff9b::11.1.2.3]:5060", None),
    ],
)
def test_no_call_goes_to_our_own_sockets_or_into_denied_networks(destination: str, refusal: str | None) -> None:
    own = map(split_hostname, ("127.0.0.1:5060", "[::1]:5061"))
    destinations = Destinations(own, denied=("10.0.0.0/8", "2001:db8::/32"), is_local=is_local)

    assert destinations.refusal(split_hostname(destination)) == refusal


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "[::]"])
def test_a_socket_on_all_addresses_is_reached_at_each_of_this_machines(everywhere: str) -> None:
    destinations = Destinations([split_hostname(f"{everywhere}:5060")], is_local=is_local)

    for own in ("127.0.0.1:5060", "127.0.0.2:5060", "[::1]:5060", "[::ffff:127.0.0.1]:5060"):
        assert destinations.refusal(split_hostname(own)) == Reason.OWN_SOCKET
    for other in ("127.0.0.1:5070", f"{ELSEWHERE}:5060"):
        assert destinations.refusal(split_hostname(other)) is None


@pytest.mark.parametrize("place", [HostPort("a.example", 5060), HostPort("127.0.0.1", None)])
def test_a_name_or_an_address_without_a_port_is_no_destination_yet(place: HostPort) -> None:
    destinations = Destinations((), is_local=is_local)
    with pytest.raises(ValueError, match="no IP address with a port"):
        destinations.refusal(place)
    with pytest.raises(ValueError, match="no IP address with a port"):
        Destinations([place], is_local=is_local)
