"""Endpoints: one method of one path, with everything that is checked before its handler runs."""

import re
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from dialplane.api.http import reasons
from dialplane.api.http.body import check_content_headers, declared_length, parse_body, read_body
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.fields import Body, invalid
from dialplane.api.http.idempotency import idempotency_key_of
from dialplane.api.http.query import Query, parse_query
from dialplane.api.http.rate_limits import origin_of
from dialplane.api.http.reasons import Reason
from dialplane.api.http.request import AuthenticatedRequest, authenticate, source_ip, while_connected
from dialplane.api.http.services import RequestLimits, Services, held, no_free_slot, services_of
from dialplane.api.http.sessions import renew_session
from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Work
from dialplane.domain.errors import Unavailable
from dialplane.system.shares import TooLate
from dialplane.system.slots import NoFreeSlot

Handler = Callable[..., Coroutine[Any, Any, Response]]

_ENTITY_TAG = re.compile(r'"([0-9]{1,18})"')


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A declaration: `resource.Resource` makes it, requests are checked and documented by it.

    `permission`: the operation of `control.permissions` that it needs; None for no credentials. `arguments`: names of
    the handler's parameters behind the request. `path_model`, `query`, `body`: models of the parts of a request.
    `media_type`: of a response that is not JSON. `is_versioned`: the response has an ETag. `work`: what it reads, by
    which it counts among its caller's requests in flight.
    """

    method: str
    path: str
    handler: Handler
    arguments: frozenset[str]
    operation_id: str
    summary: str
    description: str
    tag: str
    permission: str | None
    path_model: type[Query] | None
    query: type[Query]
    body: type[Body] | None
    answer: type[BaseModel] | None
    media_type: str
    is_versioned: bool
    is_repeatable: bool
    work: Work
    reasons: frozenset[Reason]

    @property
    def is_conditional(self) -> bool:
        """Whether it takes If-Match."""
        return "if_version" in self.arguments

    async def respond(self, request: Request) -> Response:
        """Check a request and carry it out, in the order credentials, permission, query, body, If-Match, path.

        Its caller (`Actor.caller`, or an address without credentials) holds a slot meanwhile. Raises ApiError,
        DialplaneError, Replayed.
        """
        services = services_of(request.scope)
        if self.permission is None:
            actor, caller = None, origin_of(source_ip(request))
        else:
            actor = await authenticate(request, services)
            permissions.require(actor, self.permission)
            caller = actor.caller
        services.db.shares.note(caller)
        slots = services.slots[self.work]
        try:
            slots.enter(caller)
        except NoFreeSlot as error:
            raise no_free_slot(error) from None
        try:
            response = await self._carry_out(request, services, actor, caller)
        finally:
            slots.leave(caller)
        if "session" in request.scope["state"]:
            renew_session(request, response, services.session_keys)
        return response

    async def _carry_out(self, request: Request, services: Services, actor: Actor | None, caller: str) -> Response:
        arguments = self._parsed_query(request, services.limits)
        if self.body is None:
            return await self._handle(request, services, actor, arguments, b"")
        limit = services.limits.bodies[self.body.SIZE]
        check_content_headers(request.scope, limit=limit.size)
        with held(services.body_memory, caller, declared_length(request.scope, limit=limit.size)):
            body = await read_body(
                request.receive, limit=limit.size, marks=limit.marks, timeout_s=services.limits.body_timeout_s
            )
            arguments["body"] = await parse_body(
                self.body, body, is_update=self.method == "PUT", turns=services.parsing, caller=caller
            )
            return await self._handle(request, services, actor, arguments, body)

    def _parsed_query(self, request: Request, limits: RequestLimits) -> dict[str, Any]:
        query = parse_query(self.query, request.scope, credentials=limits.query_credentials)
        return {"query": query} if "query" in self.arguments else {}

    async def _handle(
        self, request: Request, services: Services, actor: Actor | None, arguments: dict[str, Any], body: bytes
    ) -> Response:
        if self.is_conditional:
            arguments["if_version"] = if_match(request)
        if self.path_model is not None:
            arguments.update(_path_arguments(self.path_model, request.path_params))
        if actor is None or self.permission is None:
            return await self.handler(request, **arguments)
        authenticated = AuthenticatedRequest(actor, services, request, self.permission, self.work)
        if self.work.is_scan:
            return await while_connected(request.receive, self._in_turn(authenticated, arguments))
        if not self.is_repeatable:
            return await self.handler(authenticated, **arguments)
        async with idempotency_key_of(request, actor, services, body) as authenticated.idempotency_key:
            return await self.handler(authenticated, **arguments)

    async def _in_turn(self, request: AuthenticatedRequest, arguments: dict[str, Any]) -> Response:
        """Long work: its caller's turn comes first. Raises Unavailable if that takes too long."""
        shares, caller = request.services.db.shares, request.actor.caller
        try:
            async with shares.turn(caller, within_s=self.work.wait_s):
                return await shares.charged(caller, self.handler(request, **arguments))
        except TooLate:
            raise Unavailable("busy") from None


def _path_arguments(model: type[Query], parts: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        return dict(model.model_validate(parts))
    except ValidationError as error:
        raise invalid(error, reasons.INVALID_REQUEST_PARAMETER) from None


def if_match(request: Request) -> int | None:
    """The version that If-Match demands; None for any. Raises ApiError 400 or, for a tag that none of ours is, 412."""
    tags = request.headers.getlist("if-match")
    if not tags or tags == ["*"]:
        return None
    if len(tags) > 1 or "," in tags[0]:
        raise ApiError(
            reasons.INVALID_REQUEST_HEADER, details=[Detail("If-Match", "too_many", "must hold one ETag, or *")]
        )
    match = _ENTITY_TAG.fullmatch(tags[0].strip())
    if match is None:
        raise ApiError(reasons.VERSION_MISMATCH)
    return int(match[1])


class _Path:
    """ASGI application of one path. HEAD is carried out as GET; the server leaves the body out."""

    def __init__(self) -> None:
        self.endpoints: dict[str, Endpoint] = {}

    def add(self, endpoint: Endpoint) -> None:
        self.endpoints[endpoint.method] = endpoint
        if endpoint.method == "GET":
            self.endpoints["HEAD"] = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        response = await self.endpoints[scope["method"]].respond(request)
        await response(scope, receive, send)


def routes_of(endpoints: Iterable[Endpoint]) -> list[Route]:
    """Starlette's routes, one for each path, in the order of the endpoints."""
    paths: dict[str, _Path] = defaultdict(_Path)
    for endpoint in endpoints:
        paths[endpoint.path].add(endpoint)
    return [Route(path, app, methods=list(app.endpoints)) for path, app in paths.items()]
