"""First start: the system default customer and the first administrator, and the access keys of local edges."""

import secrets
from dataclasses import dataclass, field

from dialplane.control import accesskeys, agents
from dialplane.control.actor import SYSTEM
from dialplane.control.lifecycle import deleted
from dialplane.control.units import Change, Database
from dialplane.domain.agent import parse_username
from dialplane.domain.customer import Customer
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.permission import EDGE, SUPER_ADMIN
from dialplane.store import objects
from dialplane.store.objects import ACCESSKEYS, CUSTOMERS
from dialplane.store.queries import accesskeys as accesskey_queries
from dialplane.store.queries import agents as agent_queries

DEFAULT_USERNAME = "admin@localhost"

EDGE_KEY_EXPIRE_S = 10 * 366 * 86_400


@dataclass(frozen=True, slots=True)
class FirstStart:
    """`created` is False if there was an administrator already; then the other fields are empty.

    `password` is set only if it was generated: print it once, store it nowhere.
    """

    created: bool
    username: str = ""
    password: str = field(default="", repr=False)


async def prepare(db: Database, *, username: str = "", password: str = "") -> FirstStart:
    """Creates the system default customer and the first administrator if they are missing; repeatable.

    Without a username `admin@localhost`; without a password a generated one. Raises InvalidValue.
    """
    async with db.read() as unit:
        if await agent_queries.has_administrator(unit):
            return FirstStart(created=False)
    username = parse_username(username or DEFAULT_USERNAME)
    generated = "" if password else secrets.token_urlsafe(15)
    fields = await agents.with_password_hash(
        {"username": username, "password": password or generated, "permission": SUPER_ADMIN, "name": "Administrator"}
    )
    async with db.change(SYSTEM, "system.prepare") as change:
        if await agent_queries.has_administrator(change):
            return FirstStart(created=False)
        await _ensure_default_customer(change)
        await agents.create(change, SYSTEM, fields)
    return FirstStart(created=True, username=username, password=generated)


async def edge_access_key(db: Database, edge: str) -> str:
    """A new token with permission `edge`, bound to the edge of this name; older keys of that name are deleted."""
    name = f"edge {edge}"
    async with db.change(SYSTEM, "accesskey.create") as unit:
        now = unit.next_instant()
        for older in await accesskey_queries.of_edge(unit, name):
            await objects.put(unit, ACCESSKEYS, older, deleted(older, now))
        fields = {
            "name": name,
            "detail": "made for this edge",
            "expire": EDGE_KEY_EXPIRE_S,
            "permission": EDGE,
            "edge": edge,
        }
        _, token = await accesskeys.create(unit, SYSTEM, fields)
    return token


async def _ensure_default_customer(unit: Change) -> None:
    if await objects.find(unit, CUSTOMERS, SYSTEM_DEFAULT_CUSTOMER) is None:
        customer = Customer(
            id=SYSTEM_DEFAULT_CUSTOMER,
            name="System default",
            detail="Its routes stand behind those of every customer",
            tm_create=unit.next_instant(),
        )
        await objects.add(unit, CUSTOMERS, customer)
