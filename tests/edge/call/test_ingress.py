import uuid

import pytest

from dialplane.domain.trunk import BASIC, IP, Trunk
from dialplane.edge.call.ingress import STATUSES, dialled_in, outbound_proxy, trunk_of


def trunk(domain_name: str = "", *, enabled: bool = True, auth_types: tuple[str, ...] = (IP,)) -> Trunk:
    return Trunk(
        id=str(uuid.uuid4()),
        customer_id=str(uuid.uuid4()),
        domain_name=domain_name,
        enabled=enabled,
        auth_types=auth_types,
    )


def no_hosts() -> list[str]:
    raise AssertionError("one trunk needs no telling apart")


def test_a_single_trunk_is_the_one_whatever_hosts_the_request_names() -> None:
    only = trunk("one.example")

    assert trunk_of([only], no_hosts) is only


@pytest.mark.parametrize("refused", [trunk(enabled=False), trunk(auth_types=()), trunk(auth_types=(BASIC,))])
def test_trunks_that_are_off_or_not_by_address_let_nobody_in(refused: Trunk) -> None:
    assert trunk_of([refused], no_hosts) is None


def test_several_trunks_are_told_apart_by_domain_name() -> None:
    one, two, rest = trunk("one.example"), trunk("two.example"), trunk()

    assert trunk_of([one, rest, two], lambda: ["10.0.0.1", "TWO.example"]) is two
    assert trunk_of([one, two, rest], lambda: ["10.0.0.1"]) is rest
    assert trunk_of([one, two], lambda: ["10.0.0.1"]) is None


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


def test_every_refusal_is_a_final_failure() -> None:
    assert all(400 <= status < 700 for status in STATUSES.values())
