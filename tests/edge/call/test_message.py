"""What is read out of a caller's request."""

import pytest

from dialplane.edge.call.message import dialled_in, outbound_proxy


@pytest.mark.parametrize(
    ("uri", "dialled"),
    [
        ("sip:+8210@host", "+8210"),
        ("SIP:+8210@host:5060;user=phone", "+8210"),
        ("sips:1:pw@host", "1:pw"),
        ("sip:+82;phone-context=x@host", "+82;phone-context=x"),
        ("tel:+82-10;npdi", "+82-10;npdi"),
        ("sip:host", ""),
        ("", ""),
        ("\ufffd", ""),
    ],
)
def test_what_was_dialled_is_all_before_the_host(uri: str, dialled: str) -> None:
    assert dialled_in(uri) == dialled


@pytest.mark.parametrize(
    ("routes", "proxy"),
    [
        (["<sip:10.0.0.1;lr>"], "sip:10.0.0.1;lr"),
        (["<sip:10.0.0.1;lr>", "<sip:elsewhere;lr>"], ""),
        (["<sip:10.0.0.1;lr>, <sip:elsewhere;lr>"], ""),
        (["<sip:10.0.0.1;lr> ,<sip:elsewhere;lr>"], ""),
        (['"a" <sip:10.0.0.1;lr>'], ""),
        (["sip:10.0.0.1"], ""),
        ([], ""),
    ],
)
def test_only_a_single_route_can_be_an_outbound_proxy(routes: list[str], proxy: str) -> None:
    assert outbound_proxy(routes) == proxy
