"""Credentials: what opens the door, and everything that must not, without telling the two apart."""

import asyncio
import math
import threading
import time
from contextlib import AsyncExitStack
from typing import Any

import pytest

from dialplane.control import accesskeys, agents, customers, me, undo
from dialplane.control.login import passwords
from dialplane.control.login.credentials import (
    InvalidCredentials,
    actor_of_accesskey,
    actor_of_session,
    check_login,
    looks_like_accesskey,
    stamp_of,
)
from dialplane.control.login.passwords import KNOWN, STRANGERS
from dialplane.control.login.sessions import SESSION_LIFETIME_S, SessionKeys
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import CREDENTIALS, Database
from dialplane.domain.customer import Customer
from dialplane.domain.errors import InvalidValue, NotFound, ObjectDeleted
from dialplane.domain.permission import CUSTOMER_ADMIN, CUSTOMER_MANAGER, EDGE, SUPER_ADMIN
from tests.control.making import ADMIN, UNKNOWN_ID, admin_of, make_agent, make_customer, manager_of
from tests.databases import PASSWORD, REAL_HASHER, USERNAME, password_cost
from tests.faults.counts import times

pytestmark = pytest.mark.anyio

KEYS = SessionKeys([("1", b"k" * 32)])
DAY_S = 86_400


async def delete_customer(db: Database, customer: Customer) -> None:
    async with db.change(ADMIN, "customer.delete") as unit:
        await customers.delete(unit, ADMIN, customer.id)


async def test_names_are_looked_up_by_readers_of_their_own(db: Database) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(CREDENTIALS.readers):
            await (await stack.enter_async_context(db.read(CREDENTIALS))).clock()
        agent, _ = await check_login(db, USERNAME, PASSWORD)
    assert agent.username == USERNAME


async def test_the_right_password_opens_a_session_that_tells_who_it_is(db: Database) -> None:
    agent, stamp = await check_login(db, USERNAME, PASSWORD)
    token = KEYS.issue(agent.id, stamp, now=db.now())
    async with db.read() as unit:
        actor = await actor_of_session(unit, KEYS, token, now=db.now(), source_ip="192.0.2.1", request_id="r1")
        whoami = await me.get(unit, actor)
    assert (actor.kind, actor.id, actor.name, actor.permission) == ("agent", agent.id, USERNAME, SUPER_ADMIN)
    assert (actor.source_ip, actor.request_id) == ("192.0.2.1", "r1")
    assert (whoami.holder, whoami.customer.id) == (agent, agent.customer_id)


@pytest.mark.parametrize(
    ("username", "password"),
    [
        (USERNAME, "wrong password"),
        (USERNAME, ""),
        (USERNAME, PASSWORD + " "),
        (USERNAME, PASSWORD + "\x00"),
        (USERNAME, "\ud800"),
        (USERNAME, "x" * 100_000),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("\ud800", PASSWORD),
        ("\x00", PASSWORD),
        ("' OR 1=1--", PASSWORD),
        ("a" * 5_000, PASSWORD),
    ],
)
async def test_any_other_login_is_refused(db: Database, username: str, password: str) -> None:
    with pytest.raises(InvalidCredentials) as refused:
        await check_login(db, username, password)
    assert refused.value.args == ()


async def test_an_unknown_user_costs_the_time_of_a_wrong_password(db: Database) -> None:
    """Processor time, the least of several taken in turns: what else runs on the machine only ever adds to it."""
    fastest_ms = {"boss": math.inf, "nobody@nowhere": math.inf}
    with password_cost(REAL_HASHER):
        await make_agent(db, username="boss", **await agents.with_password_hash({"password": PASSWORD}))
        for _ in range(times(4, 6)):
            for username in fastest_ms:
                started = time.process_time()
                with pytest.raises(InvalidCredentials):
                    await check_login(db, username, "a wrong password")
                fastest_ms[username] = min(fastest_ms[username], (time.process_time() - started) * 1000)
    known, unknown = fastest_ms.values()
    assert min(known, unknown) > 20
    assert abs(known - unknown) < max(5, 0.25 * known)


def test_a_password_costs_what_rfc_9106_recommends() -> None:
    assert REAL_HASHER.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_a_session_ends_with_the_agent_its_customer_or_its_password(db: Database) -> None:
    acme = await make_customer(db)
    fields = await agents.with_password_hash({"password": PASSWORD})
    agent = await make_agent(db, customer_id=acme.id, username="boss", **fields)
    _, stamp = await check_login(db, "boss", PASSWORD)
    token = KEYS.issue(agent.id, stamp, now=db.now())

    async def works() -> bool:
        async with db.read() as unit:
            try:
                return (await actor_of_session(unit, KEYS, token, now=db.now())).id == agent.id
            except InvalidCredentials:
                return False

    assert await works()
    async with db.change(ADMIN, "agent.update") as unit:
        await agents.update(unit, ADMIN, agent.id, {"name": "renamed"})
    assert await works()
    async with db.change(ADMIN, "agent.update") as unit:
        await agents.update(unit, ADMIN, agent.id, {"password_hash": "another"})
    assert not await works()
    async with db.change(ADMIN, "agent.update") as unit:
        await agents.update(unit, ADMIN, agent.id, dict(fields))
    assert await works()
    await delete_customer(db, acme)
    assert not await works()
    with pytest.raises(InvalidCredentials):
        await check_login(db, "boss", PASSWORD)


@pytest.mark.parametrize("act", ["new password", "deletion", "deletion of the customer"])
async def test_an_undo_brings_a_password_back_but_no_session(db: Database, act: str) -> None:
    acme = await make_customer(db)
    agent = await make_agent(
        db, customer_id=acme.id, username="boss", **await agents.with_password_hash({"password": PASSWORD})
    )
    _, stamp = await check_login(db, "boss", PASSWORD)
    token = KEYS.issue(agent.id, stamp, now=db.now())
    async with db.change(ADMIN, "agent.update") as unit:
        if act == "new password":
            await agents.update(unit, ADMIN, agent.id, {"password_hash": "another"})
        elif act == "deletion":
            await agents.delete(unit, ADMIN, agent.id)
        else:
            await customers.delete(unit, ADMIN, acme.id)
    for _ in range(3):  # the undo is undone, and that too
        async with db.change(ADMIN, "revision.undo") as unit:
            await undo.undo(unit, ADMIN, unit.revision - 1)
        with pytest.raises(InvalidCredentials):
            async with db.read() as reading:
                await actor_of_session(reading, KEYS, token, now=db.now())
    _, stamp = await check_login(db, "boss", PASSWORD)
    async with db.read() as reading:
        newer = KEYS.issue(agent.id, stamp, now=db.now())
        assert (await actor_of_session(reading, KEYS, newer, now=db.now())).id == agent.id


async def test_an_undo_of_anything_else_ends_no_session(db: Database) -> None:
    agent = await make_agent(db)
    token = KEYS.issue(agent.id, stamp_of(agent.password_hash), now=db.now())
    async with db.change(ADMIN, "agent.update") as unit:
        await agents.update(unit, ADMIN, agent.id, {"name": "renamed"})
    async with db.change(ADMIN, "revision.undo") as unit:
        await undo.undo(unit, ADMIN, unit.revision - 1)
    async with db.read() as reading:
        assert (await actor_of_session(reading, KEYS, token, now=db.now())).id == agent.id


@pytest.mark.parametrize("permission", [SUPER_ADMIN, EDGE])
async def test_a_customer_does_not_rename_a_key_that_may_do_more(db: Database, permission: str) -> None:
    acme = await make_customer(db)
    fields = {"expire": DAY_S, "customer_id": acme.id, "permission": permission, "name": "edge one"}
    async with db.change(ADMIN, "accesskey.create") as unit:
        key, _ = await accesskeys.create(unit, ADMIN, fields)
        with pytest.raises(PermissionDenied):
            await accesskeys.update(unit, admin_of(acme), key.id, {"name": "edge two"})
        assert (await accesskeys.update(unit, ADMIN, key.id, {"name": "edge two"})).name == "edge two"


async def test_a_session_of_a_deleted_agent_is_refused(db: Database) -> None:
    agent = await make_agent(db)
    token = KEYS.issue(agent.id, stamp_of(agent.password_hash), now=db.now())
    async with db.change(ADMIN, "agent.delete") as unit:
        assert (await actor_of_session(unit, KEYS, token, now=db.now())).id == agent.id
        await agents.delete(unit, ADMIN, agent.id)
        with pytest.raises(InvalidCredentials):
            await actor_of_session(unit, KEYS, token, now=db.now())


async def test_a_session_that_is_over_or_not_ours_is_refused(db: Database) -> None:
    agent, stamp = await check_login(db, USERNAME, PASSWORD)
    now = db.now()
    over = KEYS.issue(agent.id, stamp, now=now - SESSION_LIFETIME_S * 1_000_000)
    foreign = SessionKeys([("1", b"f" * 32)]).issue(agent.id, stamp, now=now)
    async with db.read() as unit:
        for token in (over, foreign, "", "a.b.c", "x" * 100_000, "é.é.é"):
            with pytest.raises(InvalidCredentials):
                await actor_of_session(unit, KEYS, token, now=now)


async def test_an_access_key_works_until_it_is_deleted_or_expires(db: Database) -> None:
    acme = await make_customer(db)
    async with db.change(ADMIN, "accesskey.create") as unit:
        key, token = await accesskeys.create(unit, admin_of(acme), {"expire": DAY_S, "name": "CI"})
    assert key.token_prefix == token[:8]
    assert token not in repr(key)
    assert key.tm_expire == key.tm_create + DAY_S * 1_000_000
    assert looks_like_accesskey(token)
    assert not looks_like_accesskey(KEYS.issue(UNKNOWN_ID, "", now=1))
    async with db.change(ADMIN, "accesskey.delete") as unit:
        actor = await actor_of_accesskey(unit, token, now=db.now())
        assert (actor.kind, actor.id, actor.name) == ("accesskey", key.id, "CI")
        assert (actor.customer_id, actor.permission) == (acme.id, CUSTOMER_ADMIN)
        assert (await me.get(unit, actor)).holder == key
        for bad in (token[:-1], token + "x", "", "é", key.token_hash, key.id):
            with pytest.raises(InvalidCredentials):
                await actor_of_accesskey(unit, bad, now=db.now())
        with pytest.raises(InvalidCredentials):
            await actor_of_accesskey(unit, token, now=key.tm_expire)
        await accesskeys.delete(unit, admin_of(acme), key.id)
        with pytest.raises(InvalidCredentials):
            await actor_of_accesskey(unit, token, now=db.now())
        with pytest.raises(ObjectDeleted):
            await accesskeys.update(unit, admin_of(acme), key.id, {"name": "x"})


async def test_an_access_key_ends_with_its_customer(db: Database) -> None:
    acme = await make_customer(db)
    async with db.change(ADMIN, "accesskey.create") as unit:
        _, token = await accesskeys.create(unit, ADMIN, {"expire": DAY_S, "customer_id": acme.id})
    await delete_customer(db, acme)
    async with db.read() as reading:
        with pytest.raises(InvalidCredentials):
            await actor_of_accesskey(reading, token, now=db.now())


async def test_a_key_gives_no_more_than_its_maker_has(db: Database) -> None:
    acme = await make_customer(db)
    async with db.change(ADMIN, "accesskey.create") as unit:
        for permission in (SUPER_ADMIN, EDGE):
            with pytest.raises(PermissionDenied):
                await accesskeys.create(unit, admin_of(acme), {"expire": DAY_S, "permission": permission})
            assert (await accesskeys.create(unit, ADMIN, {"expire": DAY_S, "permission": permission}))[0].id
        lower, _ = await accesskeys.create(unit, admin_of(acme), {"expire": DAY_S, "permission": CUSTOMER_MANAGER})
        assert lower.permission == CUSTOMER_MANAGER
        with pytest.raises(PermissionDenied):
            await accesskeys.create(unit, manager_of(acme), {"expire": DAY_S})


@pytest.mark.parametrize("expire", [0, -1, DAY_S - 1, 10**12, True, 86_400.0, "86400", None])
async def test_a_key_lives_at_least_a_day(db: Database, expire: object) -> None:
    with pytest.raises(InvalidValue) as refused:
        async with db.change(ADMIN, "accesskey.create") as unit:
            await accesskeys.create(unit, ADMIN, {"expire": expire})
    assert refused.value.field == "expire"


async def test_keys_of_another_customer_look_absent(db: Database) -> None:
    acme, rival = await make_customer(db), await make_customer(db)
    async with db.change(ADMIN, "accesskey.create") as unit:
        foreign, _ = await accesskeys.create(unit, admin_of(rival), {"expire": DAY_S})
        assert await accesskeys.list_(unit, admin_of(acme)) == []
        for act in (accesskeys.get, accesskeys.delete):
            with pytest.raises(NotFound):
                await act(unit, admin_of(acme), foreign.id)


async def test_a_login_reads_all_that_it_needs_in_one_way_to_the_database(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them into a thread, where short statements run on the event loop."""
    await check_login(db, USERNAME, PASSWORD)
    ways, run = [], db.backend.run

    async def noted(*arguments: Any, **rest: Any) -> Any:
        ways.append(arguments)
        return await run(*arguments, **rest)

    monkeypatch.setattr(db.backend, "run", noted)
    await check_login(db, USERNAME, PASSWORD)
    assert len(ways) == (0 if db.backend.short_on_loop else 1)


async def test_those_who_are_known_have_threads_that_no_stranger_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many strangers' passwords as there could be take for ever; one of who is known is looked at all the same."""
    gate = threading.Event()

    class Hasher:
        def verify(self, password: str, password_hash: str) -> bool:
            return password == "known" or gate.wait(timeout=60)

    monkeypatch.setattr(passwords, "HASHER", Hasher())
    strangers = [
        asyncio.ensure_future(passwords.verify_password("stranger", "hash", places=STRANGERS))
        for _ in range(STRANGERS.at_once + KNOWN.at_once)
    ]
    try:
        async with asyncio.timeout(30):
            assert await passwords.verify_password("known", "hash", places=KNOWN)
    finally:
        gate.set()
        await asyncio.gather(*strangers)
