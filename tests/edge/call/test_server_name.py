"""For which host names a certificate is."""

from pathlib import Path

import pytest

from dialplane.edge.call.server_name import is_for
from tests.authority import Authority


@pytest.mark.parametrize(
    ("held", "name", "expected"),
    [
        (("sip.example.com",), "SIP.Example.com", True),
        (("a.example", "sip.example.com"), "sip.example.com", True),
        (("*.example.com",), "sip.example.com", True),
        (("*.example.com",), "a.sip.example.com", False),
        (("*.example.com",), "example.com", False),
        (("example.com",), "sip.example.com", False),
    ],
)
def test_a_certificate_is_for_the_names_in_it(tmp_path: Path, held: tuple[str, ...], name: str, expected: bool) -> None:
    certificate, _ = Authority(tmp_path, "authority").sign(*held)

    assert is_for(certificate.read_text(), name) == expected


def test_the_common_name_counts_where_there_is_no_other(tmp_path: Path) -> None:
    certificate, _ = Authority(tmp_path, "authority").sign("sip.example.com", alternatives=False)

    assert is_for(certificate.read_text(), "sip.example.com")
    assert not is_for(certificate.read_text(), "other.example.com")


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_for_nobody(text: str) -> None:
    assert not is_for(text, "sip.example.com")
