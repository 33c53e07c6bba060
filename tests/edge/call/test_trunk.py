"""Which of the trunks that allow an address a call comes in by."""

import uuid

import pytest

from dialplane.domain.trunk import BASIC, IP, Trunk
from dialplane.edge.call.trunk import trunk_by_address


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

    assert trunk_by_address([only], no_hosts) is only


@pytest.mark.parametrize("refused", [trunk(enabled=False), trunk(auth_types=()), trunk(auth_types=(BASIC,))])
def test_trunks_that_are_off_or_not_by_address_let_nobody_in(refused: Trunk) -> None:
    assert trunk_by_address([refused], no_hosts) is None


def test_several_trunks_are_told_apart_by_domain_name() -> None:
    one, two, rest = trunk("one.example"), trunk("two.example"), trunk()

    assert trunk_by_address([one, rest, two], lambda: ["10.0.0.1", "TWO.example"]) is two
    assert trunk_by_address([one, two, rest], lambda: ["10.0.0.1"]) is rest
    assert trunk_by_address([one, two], lambda: ["10.0.0.1"]) is None
