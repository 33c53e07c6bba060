"""Whose address it is: no customer takes what another customer's trunk is known by."""

import asyncio
import ipaddress
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from dialplane.control import bulk, permissions, trunk_sources, trunks, undo
from dialplane.control.actor import Actor
from dialplane.control.bulk import ChangeRefused, Item
from dialplane.control.permissions import Scope
from dialplane.control.units import Database
from dialplane.domain.customer import Customer
from dialplane.domain.errors import InvalidValue, TrunkAddressTaken
from dialplane.domain.permission import CUSTOMER_ADMIN
from dialplane.domain.trunk import Trunk
from dialplane.store import objects
from dialplane.store.objects import TRUNKS
from tests.control.making import ADMIN, admin_of, make_customer, make_trunk
from tests.databases import open_database

pytestmark = pytest.mark.anyio


async def create(db: Database, actor: Actor, **fields: Any) -> Trunk:
    async with db.change(actor, "trunk.create") as unit:
        return await trunks.create(unit, actor, fields)


async def update(db: Database, actor: Actor, trunk: Trunk, **fields: Any) -> Trunk:
    async with db.change(actor, "trunk.update") as unit:
        return await trunks.update(unit, actor, trunk.id, fields)


async def two_customers(db: Database) -> tuple[Customer, Actor]:
    """A customer, and the administrator of its rival."""
    return await make_customer(db), admin_of(await make_customer(db))


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ("192.0.2.0/24", "192.0.2.7"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.7", "192.0.2.0/24"),
        ("0.0.0.0/0", "198.51.100.1"),
        ("2001:db8::/40", "2001:db8:1::5"),
        ("2001:db8::5", "2001:db8::/32"),
    ],
)
async def test_an_overlapping_network_is_refused_on_create_and_on_update(db: Database, held: str, wanted: str) -> None:
    acme, rival = await two_customers(db)
    await make_trunk(db, acme, allowed_ips=[held], auth_types=["ip"])
    own = await create(db, rival, name="own")
    for refused_act in (
        create(db, rival, allowed_ips=["203.0.113.9", wanted]),
        update(db, rival, own, allowed_ips=["203.0.113.9", wanted]),
    ):
        with pytest.raises(TrunkAddressTaken) as refused:
            await refused_act
        assert refused.value.field == "allowed_ips"
    async with db.read() as unit:
        assert await trunks.list_(unit, rival) == [own]


@pytest.mark.parametrize("text", ["fe80::1%1", "fe80::1%eth0", "fe80::1%\r\nX", "fe80::/64%1", "fe80::1%"])
@pytest.mark.parametrize("is_admin", [True, False])
async def test_an_address_with_a_zone_is_refused_to_everybody(db: Database, text: str, is_admin: bool) -> None:
    acme = await make_customer(db)
    actor = ADMIN if is_admin else admin_of(acme)
    trunk = await make_trunk(db, acme, allowed_ips=["192.0.2.1"])
    with pytest.raises(InvalidValue):
        await create(db, actor, customer_id=acme.id, allowed_ips=[text])
    with pytest.raises(InvalidValue):
        await update(db, actor, trunk, allowed_ips=["192.0.2.1", text])


async def test_a_trunk_of_an_older_version_with_a_zone_is_in_nobodys_way(db: Database) -> None:
    acme, rival = await two_customers(db)
    old = await make_trunk(db, acme, allowed_ips=["192.0.2.1"])
    async with db.change(ADMIN, "trunk.update") as unit:
        await objects.put(unit, TRUNKS, old, replace(old, allowed_ips=("2001:db8::1%eth0",)))
    assert await create(db, rival, allowed_ips=["192.0.2.2"])
    with pytest.raises(TrunkAddressTaken):
        await create(db, rival, allowed_ips=["2001:db8::1"])
    renamed = await update(db, ADMIN, old, name="renamed")
    assert renamed.allowed_ips == ("2001:db8::1%eth0",)
    async with db.change(ADMIN, "trunk.delete") as unit:
        await trunks.delete(unit, ADMIN, old.id)
    assert await create(db, rival, allowed_ips=["2001:db8::1"])


async def test_a_customer_cannot_claim_the_internet_network_by_network(db: Database) -> None:
    acme, rival = await two_customers(db)
    await make_trunk(db, acme, allowed_ips=["81.2.3.4"])
    with pytest.raises(InvalidValue) as refused:
        await create(db, rival, allowed_ips=[f"12.{n}.0.0/16" for n in range(256)])
    assert (refused.value.field, refused.value.code) == ("allowed_ips", "too_many")
    own = await create(db, rival, allowed_ips=["12.0.0.0/16", "12.0.7.0/24", "12.1.0.0/16", "12.2.0.0/16"])
    last = await create(db, rival, allowed_ips=["12.3.0.0/16", "12.2.0.0/17", "2001:db8::/32"])
    for claim in (
        create(db, rival, allowed_ips=["12.4.0.0"]),
        update(db, rival, own, allowed_ips=[*own.allowed_ips, "12.4.0.0/30"]),
        create(db, rival, allowed_ips=["2001:db9::/32", "2001:dba::/32", "2001:dbb::/32", "2001:dbc::1"]),
    ):
        with pytest.raises(InvalidValue) as refused:
            await claim
        assert refused.value.code == "too_many"
    assert await update(db, rival, last, allowed_ips=["12.3.0.0/17"], name="smaller")
    assert await create(db, rival, allowed_ips=["12.4.0.0/17"])
    assert await create(db, ADMIN, customer_id=rival.customer_id, allowed_ips=["13.0.0.0/8"])


async def test_a_customer_has_no_more_trunks_than_the_rest_can_bear(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trunk_sources, "MOST_TRUNKS", 2)
    rival = admin_of(await make_customer(db))
    own = [await create(db, rival) for _ in range(2)]
    with pytest.raises(InvalidValue) as refused:
        await create(db, rival)
    assert (refused.value.field, refused.value.code) == ("customer_id", "too_many")
    assert await update(db, rival, own[0], name="renamed")
    assert await create(db, ADMIN, customer_id=rival.customer_id)


async def test_neighbours_and_own_trunks_are_in_nobodys_way(db: Database) -> None:
    acme, rival = await two_customers(db)
    await make_trunk(db, acme, allowed_ips=["192.0.2.0/25", "2001:db8::/48"])
    for _ in range(2):
        await create(db, rival, allowed_ips=["192.0.2.128/25", "192.0.1.255", "2001:db8:1::/48", "::192.0.2.1"])


async def test_a_deleted_trunk_claims_nothing_and_a_disabled_one_what_it_names(db: Database) -> None:
    acme, rival = await two_customers(db)
    held = await make_trunk(db, acme, allowed_ips=["192.0.2.1"], enabled=False)
    with pytest.raises(TrunkAddressTaken):
        await create(db, rival, allowed_ips=["192.0.2.1"])
    async with db.change(ADMIN, "trunk.delete") as unit:
        await trunks.delete(unit, ADMIN, held.id)
    assert await create(db, rival, allowed_ips=["192.0.2.1"])


@pytest.mark.parametrize(
    ("held", "wanted", "is_taken"),
    [
        ({}, {}, True),
        ({"domain_name": "pbx.example"}, {"domain_name": "PBX.example"}, True),
        ({}, {"domain_name": "dialplane"}, True),
        ({}, {"domain_name": "other.example"}, False),
        ({"domain_name": "pbx.example"}, {}, False),
        ({}, {"username": "PBX"}, False),
    ],
)
async def test_a_digest_user_of_another_customer_is_refused_in_the_same_realm(
    db: Database, held: Mapping[str, str], wanted: Mapping[str, str], is_taken: bool
) -> None:
    acme, rival = await two_customers(db)
    await make_trunk(db, acme, **{"username": "pbx", "password": "s3cret", "auth_types": ["basic"], **held})
    fields = {"username": "pbx", "password": "other", "auth_types": ["basic"], **wanted}
    own = await create(db, rival, name="own")
    if not is_taken:
        assert await update(db, rival, own, **fields)
        assert await create(db, rival, **fields)
        return
    for refused_act in (create(db, rival, **fields), update(db, rival, own, **fields)):
        with pytest.raises(TrunkAddressTaken) as refused:
            await refused_act
        assert refused.value.field == "username"


async def test_a_user_cannot_be_moved_into_a_realm_that_has_it(db: Database) -> None:
    acme, rival = await two_customers(db)
    await make_trunk(db, acme, username="pbx", domain_name="pbx.example")
    own = await create(db, rival, username="pbx", domain_name="other.example")
    with pytest.raises(TrunkAddressTaken):
        await update(db, rival, own, domain_name="pbx.example")


@pytest.mark.parametrize("network", ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/15", "::/0", "2001:db8::/31"])
async def test_a_network_that_no_pbx_has_is_refused(db: Database, network: str) -> None:
    acme = admin_of(await make_customer(db))
    own = await create(db, acme, allowed_ips=["10.1.0.0/16", "2001:db8::/32"])
    for refused_act in (create(db, acme, allowed_ips=[network]), update(db, acme, own, allowed_ips=[network])):
        with pytest.raises(InvalidValue) as refused:
            await refused_act
        assert (refused.value.field, refused.value.code) == ("allowed_ips", "network_too_large")


@pytest.mark.parametrize(
    "network", ["127.0.0.1", "127.1.0.0/16", "169.254.1.1", "224.0.0.1", "0.0.0.0", "::1", "fe80::1"]
)
async def test_an_address_that_no_pbx_calls_from_is_the_platforms_alone(db: Database, network: str) -> None:
    customer = await make_customer(db)
    with pytest.raises(InvalidValue) as refused:
        await create(db, admin_of(customer), allowed_ips=[network])
    assert (refused.value.field, refused.value.code) == ("allowed_ips", "forbidden_address")
    assert (await make_trunk(db, customer, allowed_ips=[network])).allowed_ips == (network,)


async def test_the_platform_may_share_an_address_and_its_customers_keep_what_it_set_up(db: Database) -> None:
    acme, other = await make_customer(db), await make_customer(db)
    shared = {"allowed_ips": ["10.0.0.0/8"], "auth_types": ["ip"], "username": "sbc"}
    await make_trunk(db, acme, domain_name="acme.example", **shared)
    own = await make_trunk(db, other, domain_name="other.example", **shared)
    actor = admin_of(other)
    assert (await update(db, actor, own, **shared, name="renamed", domain_name="other.example")).name == "renamed"
    with pytest.raises(TrunkAddressTaken):
        await update(db, actor, own, allowed_ips=["10.0.0.0/8", "10.0.0.7"])
    for domain_name in ("acme.example", ""):
        with pytest.raises(TrunkAddressTaken) as refused:
            await update(db, actor, own, domain_name=domain_name)
        assert refused.value.field == "domain_name"
    assert (await update(db, ADMIN, own, domain_name="acme.example")).domain_name == "acme.example"
    assert list((await update(db, actor, own, allowed_ips=[])).allowed_ips) == []


async def test_of_many_customers_at_once_on_two_nodes_one_gets_the_address(db: Database, database_url: str) -> None:
    actors = [admin_of(await make_customer(db)) for _ in range(6)]
    second = open_database(database_url)
    try:
        creates = [create((db, second)[n % 2], actor, allowed_ips=["192.0.2.1"]) for n, actor in enumerate(actors)]
        outcomes = await asyncio.gather(*creates, return_exceptions=True)
    finally:
        await second.close()
    made = [outcome for outcome in outcomes if isinstance(outcome, Trunk)]
    assert len(made) == 1
    assert sum(isinstance(outcome, TrunkAddressTaken) for outcome in outcomes) == len(actors) - 1


@pytest.fixture
def customers_may_change_in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the table of permissions forbids today: the rule must not hang on that."""
    for operation in ("changes.apply", "revision.undo"):
        monkeypatch.setitem(permissions.TABLE[operation], CUSTOMER_ADMIN, Scope.OWN)


@pytest.mark.usefixtures("customers_may_change_in_bulk")
async def test_the_rule_holds_for_bulk_changes(db: Database) -> None:
    acme, rival = await two_customers(db)
    await make_trunk(db, acme, allowed_ips=["192.0.2.0/24"])
    own = await create(db, rival, name="own")
    for item in (
        Item(action="create", kind="trunk", fields={"allowed_ips": ["192.0.2.1"]}),
        Item(action="update", kind="trunk", id=own.id, fields={"allowed_ips": ["192.0.2.1"]}),
    ):
        with pytest.raises(ChangeRefused) as refused:
            async with db.change(rival, "changes.apply") as unit:
                await bulk.apply(unit, rival, bulk.prepare([item], customer_id=rival.customer_id))
        assert isinstance(refused.value.error, TrunkAddressTaken)


@pytest.mark.usefixtures("customers_may_change_in_bulk")
async def test_an_undo_brings_no_address_back_that_is_another_customers_by_now(db: Database) -> None:
    acme, rival = await two_customers(db)
    given_up = await create(db, rival, allowed_ips=["192.0.2.1"])
    async with db.change(rival, "trunk.delete") as unit:
        await trunks.delete(unit, rival, given_up.id)
    deleted = (await db.clock()).revision
    await make_trunk(db, acme, allowed_ips=["192.0.2.0/24"])
    with pytest.raises(TrunkAddressTaken):
        async with db.change(rival, "revision.undo") as unit:
            await undo.undo(unit, rival, deleted)
    async with db.change(ADMIN, "revision.undo") as unit:
        assert await undo.undo(unit, ADMIN, deleted) == 1


def _some_networks(chosen: random.Random) -> Iterator[str]:
    for _ in range(chosen.randrange(1, 6)):
        length = chosen.randrange(20, 33)
        first = chosen.getrandbits(12) << (32 - length) & 0xFFF
        yield str(ipaddress.ip_network((0xC0000000 | first, length), strict=False))


async def test_overlap_is_what_the_standard_library_says_of_each_pair() -> None:
    chosen = random.Random(7)
    for _ in range(2_000):
        networks, (other, *_) = list(_some_networks(chosen)), _some_networks(chosen)
        expected = any(ipaddress.ip_network(other).overlaps(ipaddress.ip_network(text)) for text in networks)
        assert (other in trunk_sources.Networks(networks)) is expected, (networks, other)
