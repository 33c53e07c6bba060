from ipaddress import ip_address

import pytest

from dialplane.system.address import SocketAddress, is_of_this_machine, resolve, source_address

ELSEWHERE = "192.0.2.1"  # TEST-NET-1, RFC 5737


@pytest.mark.parametrize(
    ("text", "parsed"), [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:80", ("::1", 80)), ("host:0", ("host", 0))]
)
def test_an_address_is_host_and_port_and_prints_as_it_was_written(text: str, parsed: tuple[str, int]) -> None:
    assert SocketAddress.parse(text) == parsed
    assert str(SocketAddress.parse(text)) == text


@pytest.mark.parametrize("text", ["", "127.0.0.1", ":80", "host:", "host:65536", "host:8٠", "host:-1", "host:80 "])
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        SocketAddress.parse(text)


@pytest.mark.parametrize(
    ("listening", "reached"),
    [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("192.0.2.1:80", "192.0.2.1:80")],
)
def test_a_socket_on_all_addresses_is_reached_by_loopback_from_here(listening: str, reached: str) -> None:
    assert str(SocketAddress.parse(listening).from_here) == reached


def test_a_name_leads_to_an_ip_address() -> None:
    assert resolve("localhost", 5060) in {("127.0.0.1", 5060), ("::1", 5060)}
    assert resolve("::", 5060) == ("::", 5060)


def test_an_address_of_this_machine_is_told_from_others() -> None:
    """Also one that is not loopback, if there is one: the address that packets to elsewhere would come from."""
    try:
        own = source_address(ELSEWHERE)
    except OSError:  # no network but loopback
        own = "127.0.0.2"

    assert is_of_this_machine(ip_address(own))
    assert is_of_this_machine(ip_address("::1"))
    assert not is_of_this_machine(ip_address(ELSEWHERE))
    assert not is_of_this_machine(ip_address("2001:db8::1"))
