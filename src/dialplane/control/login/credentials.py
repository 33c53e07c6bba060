"""Credentials: the actor that a password, a session (JWT) or an access key stands for."""

from hashlib import sha256

from dialplane.control.accesskeys import hash_token
from dialplane.control.actor import ACCESSKEY, AGENT, Actor
from dialplane.control.login import passwords
from dialplane.control.login.passwords import Places
from dialplane.control.login.sessions import SessionKeys
from dialplane.control.units import LOGINS, Database, Unit
from dialplane.domain.agent import Agent, parse_username
from dialplane.domain.customer import Customer, CustomerStatus
from dialplane.domain.errors import CustomerFrozen, DialplaneError, InvalidValue
from dialplane.domain.permission import OF_CUSTOMERS
from dialplane.store import objects
from dialplane.store.objects import CUSTOMERS
from dialplane.store.queries import credentials as queries

MAX_TOKEN = 4_096
"""Characters of the longest credential that is considered."""


class InvalidCredentials(DialplaneError):
    """Unknown, wrong, expired, foreign or deleted: one error for all, so that a guesser learns nothing."""


async def check_login(
    db: Database, username: str, password: str, *, places: Places = passwords.STRANGERS
) -> tuple[Agent, str]:
    """The agent and the stamp of its password, for `SessionKeys.issue`.

    Takes the database, not a unit: the hash is verified (150-190 ms, in a thread) outside any transaction.
    An unknown user costs the same time as a wrong password. Raises InvalidCredentials, CustomerFrozen.
    """
    agent, customer = await _account(db, username)
    matches = await passwords.verify_password(password, agent.password_hash if agent else "", places=places)
    if agent is None or not matches:
        raise InvalidCredentials
    _refuse_frozen(agent.permission, customer.status if customer else "")
    return agent, stamp_of(agent.password_hash)


async def actor_of_session(
    unit: Unit, keys: SessionKeys, token: str, *, now: int, source_ip: str = "", request_id: str = ""
) -> Actor:
    """The agent that the session was issued to, if it is live and has the same password.

    Raises InvalidCredentials, CustomerFrozen.
    """
    if len(token) > MAX_TOKEN:
        raise InvalidCredentials
    try:
        claims = keys.verify(token, now=now)
    except ValueError:
        raise InvalidCredentials from None
    row = await queries.live_agent(unit, claims.agent_id)
    if row is None or stamp_of(row.password_hash) != claims.stamp:
        raise InvalidCredentials
    _refuse_frozen(row.permission, row.customer_status)
    return Actor(
        kind=AGENT,
        id=claims.agent_id,
        name=row.username,
        customer_id=row.customer_id,
        permission=row.permission,
        source_ip=source_ip,
        request_id=request_id,
    )


async def actor_of_accesskey(unit: Unit, token: str, *, now: int, source_ip: str = "", request_id: str = "") -> Actor:
    """The access key's actor. `now` in instants (us).

    Raises InvalidCredentials (unknown, expired, deleted), CustomerFrozen.
    """
    if len(token) > MAX_TOKEN or not token.isascii():
        raise InvalidCredentials
    row = await queries.live_accesskey(unit, hash_token(token), now=now)
    if row is None:
        raise InvalidCredentials
    _refuse_frozen(row.permission, row.customer_status)
    return Actor(
        kind=ACCESSKEY,
        id=row.id,
        name=row.name or row.token_prefix,
        customer_id=row.customer_id,
        permission=row.permission,
        edge=row.edge,
        source_ip=source_ip,
        request_id=request_id,
    )


def looks_like_accesskey(token: str) -> bool:
    """Whether a bearer token is an access key rather than a session's JWT (by its form alone)."""
    return token.count(".") != 2


def stamp_of(password_hash: str) -> str:
    """A digest that changes with the password and does not reveal it: sessions hold it, so a new password ends them."""
    return sha256(password_hash.encode()).hexdigest()[:16]


def _refuse_frozen(permission: str, customer_status: str) -> None:
    if customer_status == CustomerStatus.FROZEN and permission in OF_CUSTOMERS:
        raise CustomerFrozen


async def find_agent(db: Database, username: str) -> Agent | None:
    """The live agent of this name, None if there is none. Raises Unavailable."""
    return (await _account(db, username))[0]


async def _account(db: Database, username: str) -> tuple[Agent | None, Customer | None]:
    """The live agent of this name, and its customer, read in one step. Raises Unavailable."""
    try:
        parse_username(username)
    except InvalidValue:
        return None, None
    async with db.read(LOGINS) as unit:

        async def found() -> tuple[Agent | None, Customer | None]:
            agent = await queries.agent_of_username(unit, username)
            customer = None if agent is None else await objects.find(unit, CUSTOMERS, agent.customer_id)
            return agent, customer

        return await unit.whole(found, short=True)
