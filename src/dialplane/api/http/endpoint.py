"""Endpoints: one method of one path, with everything that is checked before its handler runs."""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from dialplane.api.http import reasons
from dialplane.api.http.body import parse_body, read_body
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.fields import Body, invalid
from dialplane.api.http.idempotency import idempotency_key_of
from dialplane.api.http.query import Query, parse_query
from dialplane.api.http.reasons import Reason
from dialplane.api.http.request import AuthenticatedRequest, authenticate
from dialplane.api.http.services import RequestLimits, services_of
from dialplane.control import permissions

Handler = Callable[..., Awaitable[Response]]

_ENTITY_TAG = re.compile(r'"([0-9]{1,18})"')


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A declaration: `resource.Resource` makes it, requests are checked and documented by it.

    `permission`: the operation of `control.permissions` that it needs; None for no credentials. `arguments`: names of
    the handler's parameters behind the request. `path_model`, `query`, `body`: models of the parts of a request.
    `media_type`: of a response that is not JSON. `is_versioned`: the response has an ETag.
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
    reasons: frozenset[Reason]

    @property
    def is_conditional(self) -> bool:
        """Whether it takes If-Match."""
        return "if_version" in self.arguments

    async def respond(self, request: Request) -> Response:
        """Check a request and carry it out, in the order credentials, permission, query, body, If-Match, path.

        Raises ApiError, DialplaneError, Replayed.
        """
        services = services_of(request)
        if self.permission is None:
            _, arguments = await self._checked(request, services.limits)
            return await self.handler(request, **arguments)
        actor = await authenticate(request, services)
        permissions.require(actor, self.permission)
        body, arguments = await self._checked(request, services.limits)
        if not self.is_repeatable:
            return await self.handler(AuthenticatedRequest(actor, services, request, self.permission), **arguments)
        async with idempotency_key_of(request, actor, services, body) as key:
            return await self.handler(AuthenticatedRequest(actor, services, request, self.permission, key), **arguments)

    async def _checked(self, request: Request, limits: RequestLimits) -> tuple[bytes, dict[str, Any]]:
        """The body, and the handler's arguments."""
        body = b""
        arguments: dict[str, Any] = {}
        query = parse_query(self.query, request.scope, credentials=limits.query_credentials)
        if "query" in self.arguments:
            arguments["query"] = query
        if self.body is not None:
            body = await read_body(
                request.scope,
                request.receive,
                limit=limits.bulk_body_bytes if self.body.IS_BULK else limits.body_bytes,
                timeout_s=limits.body_timeout_s,
            )
            arguments["body"] = await parse_body(self.body, body, is_update=self.method == "PUT")
        if self.is_conditional:
            arguments["if_version"] = if_match(request)
        if self.path_model is not None:
            arguments.update(_path_arguments(self.path_model, request.path_params))
        return body, arguments


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
