"""Authenticated requests: the actor, and the units of work that a request may open."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any

from starlette.datastructures import URL
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from dialplane.api.http import reasons
from dialplane.api.http.credentials import CONSOLE_HEADER, Credential, credentials_of
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.idempotency import IdempotencyKey
from dialplane.api.http.rate_limits import origin_of
from dialplane.api.http.services import Services, held, services_of
from dialplane.control.actor import Actor
from dialplane.control.login.credentials import actor_of_accesskey, actor_of_session
from dialplane.control.login.uses import Source
from dialplane.control.units import CREDENTIALS, BulkInsert, Change, Reading, Work
from dialplane.domain.kinds import KINDS
from dialplane.system.clock import now_us

MONITORED = frozenset({"/healthz", "/readyz", "/metrics"})
_APART = MONITORED | {"/auth/login", "/v1.0/auth/login", "/auth/session"}

_CREDENTIAL_KINDS = {"revision", "changes", *(kind.name for kind in KINDS.values() if kind.changes_callers)}
"""Operations on these can change the actor of a credential, so they clear the cache of actors."""


@dataclass(slots=True)
class AuthenticatedRequest:
    """`operation`: the permission that the endpoint needs, by which revisions name their change."""

    actor: Actor
    services: Services
    http: Request
    operation: str
    work: Work
    idempotency_key: IdempotencyKey | None = None

    def read(self) -> AbstractAsyncContextManager[Reading]:
        """One snapshot. Raises Unavailable."""
        return self.services.db.read(self.work, caller=self.actor.caller)

    def author(self) -> Actor:
        """The actor as revisions name it."""
        request_id = self.http.scope["state"]["request_id"]
        return replace(self.actor, source_ip=source_ip(self.http), request_id=request_id)

    @asynccontextmanager
    async def change(self, *, inserts: Sequence[BulkInsert] = ()) -> AsyncIterator[Change]:
        """One transaction and one revision, committed when the block ends without an exception.

        Raises Replayed if the request's Idempotency-Key has a stored response; KeyReused, Unavailable.
        """
        async with self.services.db.change(self.author(), operation=self.operation, inserts=inserts) as unit:
            if self.idempotency_key is not None:
                await self.idempotency_key.replay(unit)
            yield unit
        if unit.is_committed:
            self.services.metrics.revision.set(unit.revision)
        if self.operation.partition(".")[0] in _CREDENTIAL_KINDS:
            self.services.actors.clear()

    async def keep(self, unit: Change, response: Response) -> Response:
        """The response, stored with the change under the request's Idempotency-Key, if it has one."""
        if self.idempotency_key is not None:
            await self.idempotency_key.store(unit, response)
        return response


async def while_connected(receive: Receive, answer: Coroutine[Any, Any, Response]) -> Response:
    """The answer; its work is cancelled if the client closes the connection before. Raises ClientDisconnect then."""
    work, gone = asyncio.ensure_future(answer), asyncio.ensure_future(until_disconnected(receive))
    gone.add_done_callback(lambda _: work.cancel())
    try:
        return await work
    except asyncio.CancelledError:
        if gone.done():
            raise ClientDisconnect from None
        raise
    finally:
        gone.cancel()


async def until_disconnected(receive: Receive) -> None:
    """Returns when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def authenticate(request: Request, services: Services) -> Actor:
    """The actor of a request; all credentials that it carries must be the same actor's.

    Raises ApiError AUTHENTICATION_REQUIRED without credentials, or RATE_LIMIT_EXCEEDED; raises InvalidCredentials.
    """
    credentials = _credentials_of(request.scope, services)
    if not credentials:
        raise ApiError(reasons.AUTHENTICATION_REQUIRED)
    actor = await _actor_of(credentials[0], services, request)
    for credential in credentials[1:]:
        other = await _actor_of(credential, services, request)
        if (other.kind, other.id) != (actor.kind, actor.id):
            raise ApiError(reasons.INVALID_CREDENTIALS)
    if credentials[0].is_browsers:
        _require_console(request)
        request.scope["state"]["session"] = credentials[0].token
    services.rate_limits.admit_request(kind=actor.kind, id_=actor.id)
    request.scope["state"]["actor"] = actor
    return actor


def _credentials_of(scope: Scope, services: Services) -> Sequence[Credential]:
    """All credentials of the request, read once. Raises ApiError 401."""
    state = scope["state"]
    if "credentials" not in state:
        state["credentials"] = credentials_of(scope, from_query=services.limits.query_credentials)
    found: Sequence[Credential] = state["credentials"]
    return found


def caller_of(scope: Scope) -> str:
    """Whose request it is, as far as that is known without looking: the actor that its credentials were last, else an
    address. What monitors ask for, and logins, are apart from all else of their address.
    """
    services = services_of(scope)
    try:
        for credential in _credentials_of(scope, services):
            if (actor := services.actors.last(credential)) is not None:
                return actor.caller
    except ApiError:
        pass  # refused in a moment
    origin = origin_of(source_ip(Request(scope)))
    return f"{origin} {scope['path']}" if scope["path"] in _APART else origin


def _require_console(request: Request) -> None:
    """Raises ApiError 400 for what changes something by a browser's session, and does not say that it means it."""
    if request.method not in ("GET", "HEAD") and request.headers.get(CONSOLE_HEADER) != "1":
        rule = "must be 1 in what changes something by the session of a browser"
        raise ApiError(reasons.INVALID_REQUEST_HEADER, details=[Detail(CONSOLE_HEADER, "required", rule)])


async def _actor_of(credential: Credential, services: Services, request: Request) -> Actor:
    """A look-up is the caller's whose the credential was last, or an address's. Raises ApiError 429, 503.

    Others at its address may send any number of credentials that nobody has, and it waits behind none of them.
    """
    cached = services.actors.find(credential)
    if cached is not None:
        return cached
    last = services.actors.last(credential)
    caller = origin_of(source_ip(request)) if last is None else last.caller
    with held(services.unknown_callers, caller):
        return await services.actors.obtain(
            credential, lambda: _looked_up(credential, services, caller, _source_of(request))
        )


async def _looked_up(credential: Credential, services: Services, caller: str, source: Source) -> Actor:
    now, keys = now_us(), services.session_keys
    async with services.db.read(CREDENTIALS, caller=caller) as unit:
        if credential.is_accesskey:
            actor = await actor_of_accesskey(unit, credential.token, now=now)
            services.uses.of_key(actor.id, source, now=now)
        else:
            actor = await actor_of_session(unit, keys, credential.token, now=now)
            services.uses.of_session(keys.verify(credential.token, now=now), source, now=now)
    return actor


def note_session(request: Request, token: str, *, is_ended: bool = False) -> None:
    """Notes that a session has just begun, or ended; nothing for a token that is none of ours."""
    services, now = services_of(request.scope), now_us()
    with suppress(ValueError):
        claims = services.session_keys.verify(token, now=now)
        services.uses.of_session(claims, _source_of(request), now=now, is_ended=is_ended)


def _source_of(request: Request) -> Source:
    return Source(source_ip(request), request.headers.get("user-agent", ""))


def source_ip(request: Request) -> str:
    """The client's IP address, by X-Forwarded-For if a trusted proxy sent it; "" if what that sent is none."""
    host = request.client.host if request.client else ""
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return ""


def unnamed_proxy(request: Request) -> str:
    """The address of a proxy that sent X-Forwarded-For and is not trusted; "" if none did."""
    forwarded = request.headers.getlist("x-forwarded-for")
    host = request.client.host if request.client else ""
    return host if forwarded and not any(host in value for value in forwarded) else ""


_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def is_from_this_machine(request: Request) -> bool:
    """Whether it comes from this machine by a name of this machine, and through no proxy.

    By another name a page elsewhere could reach it, which leads here.
    """
    is_direct = not any(name in request.headers for name in _FORWARDED)
    return is_direct and is_loopback(source_ip(request)) and is_loopback(URL(scope=request.scope).hostname or "")


def is_loopback(host: str) -> bool:
    """Whether a host of a URL, or an address, is this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
