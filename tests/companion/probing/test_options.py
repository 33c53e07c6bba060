import pytest
from sipmessage import Message, Request

from dialplane.companion.probing.options import final_status, new_probe, says_up


def answer(call_id: str, status: str = "200 OK", cseq: str = "1 OPTIONS", more: str = "") -> bytes:
    return (
        f"SIP/2.0 {status}\r\nVia: SIP/2.0/UDP 127.0.0.1:9\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n{more}\r\n".encode()
    )


def test_the_probe_is_an_options_to_the_providers_hostname() -> None:
    request = Message.parse(new_probe(hostname="sip.example.com", transport="tcp", local="127.0.0.1:9").payload)

    assert isinstance(request, Request)
    assert (request.method, str(request.uri)) == ("OPTIONS", "sip:sip.example.com;transport=tcp")
    assert str(request.via[0]).startswith("SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK")


@pytest.mark.parametrize("hostname", ["_x.example.com", "[2001:db8::1]:5080", "example.com.", "192.0.2.1"])
def test_every_hostname_of_the_domain_makes_a_probe(hostname: str) -> None:
    assert new_probe(hostname=hostname, transport="udp", local="[::1]:9").payload.startswith(
        f"OPTIONS sip:{hostname} SIP/2.0\r\n".encode()
    )


@pytest.mark.parametrize("status", [200, 301, 401, 403, 404, 405, 407, 480, 483, 486, 500, 501, 603])
def test_any_sign_of_a_living_stack_is_up(status: int) -> None:
    assert says_up(status)


@pytest.mark.parametrize("status", [408, 502, 503, 504])
def test_statuses_that_say_not_now_are_down(status: int) -> None:
    assert not says_up(status)


def test_only_a_final_answer_to_this_probe_counts() -> None:
    probe = new_probe(hostname="192.0.2.1", transport="udp", local="127.0.0.1:9")

    assert final_status(probe, answer(probe.call_id)) == 200
    assert final_status(probe, answer(probe.call_id, "100 Trying")) is None
    assert final_status(probe, answer("another")) is None
    assert final_status(probe, answer(probe.call_id, cseq="1 INVITE")) is None
    assert final_status(probe, probe.payload) is None
    for garbage in (b"", b"\x00\xff", b"SIP/2.0 abc\r\n\r\n", b"SIP/2.0 200 OK\r\nnocolon\r\n\r\n"):
        assert final_status(probe, garbage) is None


def test_a_carriers_odd_but_legal_answer_still_counts() -> None:
    probe = new_probe(hostname="192.0.2.1", transport="udp", local="127.0.0.1:9")

    assert final_status(probe, answer(probe.call_id, more="Allow: INVITE,\r\n\tACK\r\n")) == 200
    assert final_status(probe, answer(probe.call_id).replace(b"OK", b"D\xe9j\xe0")) == 200
    assert final_status(probe, answer(probe.call_id).replace(b"Call-ID", b"i")) == 200
