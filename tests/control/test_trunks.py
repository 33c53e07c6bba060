"""Trunks: a customer keeps its own, secrets sealed, addresses canonical."""

import pytest
from sqlalchemy import update

from dialplane.control import trunks
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Database
from dialplane.domain.errors import InvalidValue, NotFound
from dialplane.store import tables
from tests.control.making import ADMIN, UNKNOWN_ID, admin_of, make_customer, make_trunk, manager_of

pytestmark = pytest.mark.anyio


async def test_every_field_is_stored_and_read_back_equal(db: Database) -> None:
    acme = await make_customer(db)
    made = await make_trunk(
        db,
        acme,
        name="PBX",
        domain_name="PBX.Acme.example",
        auth_types=["basic", "ip"],
        username="pbx",
        password="s3cret",
        allowed_ips=["192.0.2.0/24", "2001:DB8::1"],
        enabled=False,
        mode="redirect",
        max_channels=3,
        max_cps=2,
        default_region="DE",
        trusted_identity=True,
    )
    assert (made.domain_name, list(made.allowed_ips)) == ("pbx.acme.example", ["192.0.2.0/24", "2001:db8::1"])
    async with db.read() as unit:
        assert await trunks.get(unit, ADMIN, made.id) == made


async def test_two_trunks_may_have_the_same_address_and_domain(db: Database) -> None:
    acme = await make_customer(db)
    for _ in range(2):
        await make_trunk(db, acme, domain_name="pbx.example", auth_types=["ip"], allowed_ips=["192.0.2.1"])
    async with db.read() as unit:
        assert len(await trunks.list_(unit, ADMIN, customer_id=acme.id)) == 2


async def test_a_customer_keeps_its_own_trunks(db: Database) -> None:
    acme, rival = await make_customer(db), await make_customer(db)
    foreign = await make_trunk(db, rival)
    async with db.change(ADMIN, "trunk.create") as unit:
        own = await trunks.create(unit, admin_of(acme), {"name": "mine"})
        assert own.customer_id == acme.id
        assert await trunks.list_(unit, admin_of(acme)) == [own]
        assert (await trunks.update(unit, admin_of(acme), own.id, {"name": "still mine"})).name == "still mine"
        assert (await trunks.delete(unit, admin_of(acme), own.id)).tm_delete < 2**62
        for hidden in (foreign.id, UNKNOWN_ID):
            for act in (trunks.get, trunks.delete):
                with pytest.raises(NotFound) as absent:
                    await act(unit, admin_of(acme), hidden)
                assert absent.value.kind == "trunk"
            with pytest.raises(NotFound):
                await trunks.update(unit, admin_of(acme), hidden, {"name": "x"})
        for other in (rival.id, UNKNOWN_ID):
            with pytest.raises(NotFound) as absent:
                await trunks.create(unit, admin_of(acme), {"customer_id": other})
            assert absent.value.kind == "customer"


async def test_a_manager_reads_and_changes_nothing(db: Database) -> None:
    acme = await make_customer(db)
    trunk = await make_trunk(db, acme)
    async with db.change(ADMIN, "trunk.update") as unit:
        assert await trunks.get(unit, manager_of(acme), trunk.id) == trunk
        with pytest.raises(PermissionDenied):
            await trunks.update(unit, manager_of(acme), trunk.id, {"name": "x"})


async def test_a_bad_value_names_its_field(db: Database) -> None:
    acme = await make_customer(db)
    for field, value in {
        "allowed_ips": ["10.0.0.1/8"],
        "domain_name": "a b",
        "mode": "b2bua",
        "ha1": "x",
        "default_region": "UK",
    }.items():
        with pytest.raises(InvalidValue) as refused:
            await make_trunk(db, acme, **{field: value})
        assert refused.value.field == field


async def test_no_customer_says_of_itself_that_it_is_trusted(db: Database) -> None:
    acme = await make_customer(db)
    trunk = await make_trunk(db, acme)
    async with db.change(ADMIN, "trunk.update") as unit:
        with pytest.raises(PermissionDenied):
            await trunks.create(unit, admin_of(acme), {"trusted_identity": True})
        with pytest.raises(PermissionDenied):
            await trunks.update(unit, admin_of(acme), trunk.id, {"trusted_identity": True})
        assert (await trunks.update(unit, ADMIN, trunk.id, {"trusted_identity": True})).trusted_identity
        assert (
            await trunks.update(unit, admin_of(acme), trunk.id, {"trusted_identity": True, "name": "x"})
        ).name == "x"
        assert not (await trunks.update(unit, admin_of(acme), trunk.id, {"trusted_identity": False})).trusted_identity


async def test_a_trunk_with_a_region_from_before_it_had_to_be_real_can_be_changed(db: Database) -> None:
    trunk = await make_trunk(db, await make_customer(db))
    async with db.write() as writing:
        await writing.execute(update(tables.trunks).where(tables.trunks.c.id == trunk.id).values(default_region="UK"))
    async with db.change(ADMIN, "trunk.update") as unit:
        assert (await trunks.update(unit, ADMIN, trunk.id, {"name": "x"})).default_region == "UK"
        assert (await trunks.update(unit, ADMIN, trunk.id, {"default_region": "GB"})).default_region == "GB"
