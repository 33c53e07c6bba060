"""Objects for tests, made through the use cases as an administrator would."""

from typing import Any

from dialplane.control import agents, customers, providers, routes, trunks
from dialplane.control.actor import AGENT, SYSTEM, Actor
from dialplane.control.units import Change, Database
from dialplane.domain.agent import Agent
from dialplane.domain.customer import Customer
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.permission import CUSTOMER_ADMIN, CUSTOMER_MANAGER, EDGE
from dialplane.domain.provider import Provider
from dialplane.domain.route import Route
from dialplane.domain.trunk import Trunk

ADMIN = SYSTEM
UNKNOWN_ID = "11111111-2222-4333-8444-555555555555"


def actor(permission: str, customer_id: str = SYSTEM_DEFAULT_CUSTOMER) -> Actor:
    """Somebody with this permission."""
    return Actor(kind=AGENT, id=UNKNOWN_ID, name="somebody", customer_id=customer_id, permission=permission)


def admin_of(customer: Customer) -> Actor:
    return actor(CUSTOMER_ADMIN, customer.id)


def manager_of(customer: Customer) -> Actor:
    return actor(CUSTOMER_MANAGER, customer.id)


EDGE_ACTOR = actor(EDGE)


async def make_customer(db: Database, **fields: Any) -> Customer:
    async with db.change(ADMIN, "customer.create") as unit:
        return await customers.create(unit, ADMIN, {"name": "Acme", **fields})


async def make_provider(db: Database, **fields: Any) -> Provider:
    async with db.change(ADMIN, "provider.create") as unit:
        return await providers.create(unit, ADMIN, {"type": "sip", "hostname": "sip.carrier.example", **fields})


async def add_route(unit: Change, provider: Provider, **fields: Any) -> Route:
    values = {"customer_id": SYSTEM_DEFAULT_CUSTOMER, "provider_id": provider.id, "priority": 1, "target": "all"}
    return await routes.create(unit, ADMIN, {**values, **fields})


async def make_route(db: Database, provider: Provider, **fields: Any) -> Route:
    async with db.change(ADMIN, "route.create") as unit:
        return await add_route(unit, provider, **fields)


async def make_trunk(db: Database, customer: Customer, **fields: Any) -> Trunk:
    async with db.change(ADMIN, "trunk.create") as unit:
        return await trunks.create(unit, ADMIN, {"customer_id": customer.id, **fields})


async def make_agent(db: Database, **fields: Any) -> Agent:
    """An agent whose hash is no real one: for tests that do not log in."""
    values = {"username": "someone@acme.example", "password_hash": "no hash", "permission": CUSTOMER_ADMIN}
    async with db.change(ADMIN, "agent.create") as unit:
        return await agents.create(unit, ADMIN, {**values, **fields})
