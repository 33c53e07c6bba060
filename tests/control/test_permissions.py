"""The table of operation x role: DOMAIN section 3 as it is written there."""

import pytest

from dialplane.control.permissions import TABLE, PermissionDenied, Scope, require, require_grantable
from dialplane.domain.errors import NotFound
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.permission import CUSTOMER_ADMIN, CUSTOMER_MANAGER, EDGE, PERMISSIONS, SUPER_ADMIN
from tests.control.making import UNKNOWN_ID, actor

KEEPS_OWN = ("trunk", "accesskey", "agent")


def may(role: str) -> set[str]:
    return {operation for operation, roles in TABLE.items() if role in roles}


def test_the_super_admin_may_do_everything_to_everybody() -> None:
    assert all(roles[SUPER_ADMIN] is Scope.ANY for roles in TABLE.values())


def test_an_edge_reads_the_feed_and_writes_events_and_nothing_else() -> None:
    assert may(EDGE) == {"feed.read", "events.write", "me.get"}


def test_a_customer_admin_keeps_trunks_keys_and_agents_and_reads_the_rest_of_its_own() -> None:
    changes = {f"{noun}.{verb}" for noun in KEEPS_OWN for verb in ("create", "update", "delete")}
    more = {"customer.update_own", "agent.sessions", "agent.logout"}
    assert may(CUSTOMER_ADMIN) - may(CUSTOMER_MANAGER) == changes - {"trunk.create"} | more


def test_a_manager_reads_and_creates_trunks() -> None:
    reads = may(CUSTOMER_MANAGER) - {"trunk.create"}
    assert {operation.partition(".")[2] for operation in reads} == {"list", "get", "get_own", "read"}
    assert "trunk.create" in may(CUSTOMER_MANAGER)
    assert may(CUSTOMER_MANAGER) >= {"route.list", "dialroute.list", "call.get", "trunk.list"}


def test_customers_act_on_their_own_only() -> None:
    for operation, roles in TABLE.items():
        for role in (CUSTOMER_ADMIN, CUSTOMER_MANAGER):
            assert roles.get(role, Scope.OWN) is Scope.OWN, operation


@pytest.mark.parametrize("role", PERMISSIONS)
@pytest.mark.parametrize("operation", TABLE)
def test_the_check_follows_the_table(operation: str, role: str) -> None:
    somebody = actor(role, UNKNOWN_ID)
    scope = TABLE[operation].get(role)
    if scope is None:
        with pytest.raises(PermissionDenied):
            require(somebody, operation, customer_id=UNKNOWN_ID)
        return
    assert require(somebody, operation, customer_id=UNKNOWN_ID) is scope
    if scope is Scope.OWN:
        with pytest.raises(NotFound) as absent:
            require(somebody, operation, customer_id=SYSTEM_DEFAULT_CUSTOMER)
        assert absent.value.kind == operation.partition(".")[0]
    else:
        require(somebody, operation, customer_id=SYSTEM_DEFAULT_CUSTOMER)


def test_nobody_gives_away_more_than_they_have() -> None:
    gives = {role: {given for given in PERMISSIONS if _may_give(role, given)} for role in PERMISSIONS}
    assert gives == {
        SUPER_ADMIN: set(PERMISSIONS),
        CUSTOMER_ADMIN: {CUSTOMER_ADMIN, CUSTOMER_MANAGER},
        CUSTOMER_MANAGER: set(),
        EDGE: set(),
    }


def _may_give(role: str, given: str) -> bool:
    try:
        require_grantable(actor(role), given, "agent.create")
    except PermissionDenied:
        return False
    return True
