"""What reaches a carrier's wire."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.domain.provider import Provider
from dialplane.engine.egress import egress_headers, egress_uri

ID = "491b6858-5357-11ed-b753-8fd49cd36340"


def provider(**fields: Any) -> Provider:
    return Provider(**{"id": ID, "type": "sip", "hostname": "carrier.example", **fields})


@pytest.mark.parametrize(
    ("fields", "uri"),
    [
        ({}, "sip:+8210@carrier.example"),
        ({"tech_prefix": "9911", "tech_postfix": "*7"}, "sip:9911+8210*7@carrier.example"),
        ({"tech_prefix": "12#"}, "sip:12%23+8210@carrier.example"),
        ({"hostname": "[2001:db8::1]:5080"}, "sip:+8210@[2001:db8::1]:5080"),
        ({"transport": "tls"}, "sip:+8210@carrier.example;transport=tls"),
    ],
)
def test_the_uri_is_prefix_number_and_postfix_at_the_carrier(fields: dict[str, str], uri: str) -> None:
    assert egress_uri(provider(**fields), "+8210") == uri


def test_headers_come_in_their_order() -> None:
    one = Provider(id=ID, type="sip", hostname="a.example", tech_headers={"X-B": "2", "X-A": "1"})
    assert egress_headers(one) == (("X-B", "2"), ("X-A", "1"))


affix = st.text("0123456789abcXYZ*#+", max_size=32)


@given(affix, affix)
def test_a_uri_has_one_user_and_one_host(prefix: str, postfix: str) -> None:
    uri = egress_uri(provider(tech_prefix=prefix, tech_postfix=postfix), "+8210") or ""
    assert re.fullmatch(r"sip:[0-9A-Za-z*+%]+@carrier\.example", uri)
    assert uri.replace("%23", "#").partition("@")[0] == f"sip:{prefix}+8210{postfix}"
