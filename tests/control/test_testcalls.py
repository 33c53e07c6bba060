"""How a test call comes in by a trunk from this machine, and why it may not."""

from ipaddress import ip_address
from typing import Any

import pytest

from dialplane.control.testcalls import CallPlan, WayIn, way_in
from dialplane.domain.hostname import Address
from dialplane.domain.trunk import Trunk

ID = "0198f6a2-5c4e-7b31-9d0a-6f1e2c3b4a59"
OWN = "198.51.100.7"
FLOATING = ip_address("203.0.113.9")
LOGIN = {"username": "acme", "password": "secret"}


def trunk(**fields: Any) -> Trunk:
    return Trunk(id=ID, customer_id=ID, name="Acme", **fields)


def is_own(address: Address) -> bool:
    return address == FLOATING


@pytest.mark.parametrize(
    ("fields", "way"),
    [
        ({"auth_types": ("ip",), "allowed_ips": ("198.51.100.0/24",)}, WayIn(source=OWN)),
        ({"auth_types": ("ip",), "allowed_ips": ("192.0.2.1/32", "203.0.113.9/32")}, WayIn(source=str(FLOATING))),
        ({"auth_types": ("ip",), "allowed_ips": ("203.0.113.0/24",)}, None),
        ({"auth_types": ("basic",), "allowed_ips": ("198.51.100.7",)}, None),
        ({"auth_types": ("basic",), **LOGIN}, WayIn(source=OWN, **LOGIN)),
        ({"auth_types": ("ip", "basic"), "allowed_ips": ("192.0.2.1",), **LOGIN}, WayIn(source=OWN, **LOGIN)),
        ({"auth_types": ("ip", "basic"), "allowed_ips": (OWN,), **LOGIN}, WayIn(source=OWN)),
        ({"auth_types": ("ip",), "allowed_ips": ("2001:db8::/32",), **LOGIN}, None),
        ({"auth_types": ()}, None),
    ],
    ids=str,
)
def test_a_call_comes_in_as_the_trunk_recognises_it(fields: dict[str, Any], way: WayIn | None) -> None:
    assert way_in(trunk(**fields), own=[OWN], is_own=is_own) == way


def test_what_would_happen_is_said_before() -> None:
    by = trunk(auth_types=("basic",), **LOGIN)
    call = CallPlan(number="+4420", trunk=by, caller="anonymous", way=WayIn(source=OWN, **LOGIN), obstacle="")
    assert "really rings at +4420" in call.meaning
    assert "the login acme" in call.meaning
    assert "secret" not in call.meaning + repr(call)
