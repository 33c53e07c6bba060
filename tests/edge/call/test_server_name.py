"""Names in certificates."""

from pathlib import Path

import pytest

from dialplane.edge.call.certificate import names_in
from dialplane.edge.call.server_name import name_at, server_at, stands_for
from tests.authority import Authority


@pytest.mark.parametrize(
    ("held", "name", "expected"),
    [
        ("sip.example.com", "SIP.Example.com", True),
        ("SIP.example.com", "sip.example.com", True),
        ("*.example.com", "sip.example.com", True),
        ("*.example.com", "a.sip.example.com", False),
        ("*.example.com", "example.com", False),
        ("*.com", "example.com", False),
        ("example.com", "sip.example.com", False),
        ("*", "example", False),
        ("LocalHost", "localhost", True),
        ("*.", "localhost", False),
    ],
)
def test_a_name_in_a_certificate_is_for_hosts(held: str, name: str, expected: bool) -> None:
    assert stands_for(held, name) == expected


def test_a_certificate_has_names_or_a_common_one(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    several, _ = authority.sign("sip.example.com", "*.example.org")
    common, _ = authority.sign("sip.example.net", alternatives=False)

    assert names_in(several.read_text()) == ["sip.example.com", "*.example.org"]
    assert names_in(common.read_text()) == ["sip.example.net"]


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_has_no_names(text: str) -> None:
    assert not names_in(text)


@pytest.mark.parametrize(
    ("next_hop", "name"),
    [
        ("sip:192.0.2.1:5061;transport=tls", "carrier.example"),
        ("sip:gateway@192.0.2.1:5061;transport=tls", "carrier.example"),
        ("sip:192.0.2.1:5062;transport=tls", ""),
        ("sip:other.example:5061;transport=tls", ""),
    ],
)
def test_within_a_call_the_name_is_that_of_the_server_that_took_it(next_hop: str, name: str) -> None:
    assert name_at(server_at("sip:192.0.2.1:5061;transport=tls", "carrier.example"), next_hop) == name
    assert not name_at("", next_hop)
