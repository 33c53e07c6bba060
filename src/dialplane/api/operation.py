"""How an endpoint is declared: what it needs, what it answers, and every way in which it may refuse.

The checks (permission, query, body) and the documentation both come from this one declaration.
"""

import asyncio
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Path
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dialplane.api import reasons
from dialplane.api.asking import Asks, services_of
from dialplane.api.body import decode_object, read_body
from dialplane.api.errors import ApiError, Detail
from dialplane.api.fields import UUID_SCHEMA, Body, Rule, invalid, named
from dialplane.api.query import CREDENTIALS, Query, query_of
from dialplane.api.reasons import Reason
from dialplane.control import permissions
from dialplane.domain.ids import parse_id

B = TypeVar("B", bound=Body)
Q = TypeVar("Q", bound=Query)

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent again with the same key and body, the request gets its first answer again (for a day).",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_REPEATABLE = (
    reasons.INVALID_REQUEST_HEADER,
    reasons.IDEMPOTENCY_KEY_IN_PROGRESS,
    reasons.IDEMPOTENCY_KEY_REUSED,
)

_AT_ONCE_BYTES = 262_144
"""A larger body is checked in a thread: it takes longer than other requests should have to wait."""

ObjectId = Annotated[str, Path(alias="id", description="The object's id."), Rule(parse_id, UUID_SCHEMA)]

_ANYWHERE = (reasons.INVALID_REQUEST_PARAMETER, reasons.OVERLOADED, reasons.DATABASE_UNAVAILABLE, reasons.INTERNAL)
_AUTHENTICATED = (
    reasons.AUTHENTICATION_REQUIRED,
    reasons.INVALID_CREDENTIALS,
    reasons.PERMISSION_DENIED,
    reasons.RATE_LIMIT_EXCEEDED,
)
_WITH_BODY = (
    reasons.INVALID_JSON_BODY,
    reasons.INVALID_ARGUMENT,
    reasons.INVALID_ID,
    reasons.BODY_TOO_LARGE,
    reasons.UNSUPPORTED_MEDIA_TYPE,
    reasons.REQUEST_TIMEOUT,
    reasons.STORAGE_FULL,
)


class Permitted:
    """Dependency: the asker's role may carry out the operation on some object at least. Raises PermissionDenied."""

    def __init__(self, operation: str) -> None:
        self.operation = operation

    async def __call__(self, asks: Asks) -> None:
        permissions.require(asks.actor, self.operation)


class QueryOf(Generic[Q]):
    """Dependency: the query parameters, checked against a model. Raises ApiError 400."""

    def __init__(self, model: type[Q]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> Q:
        given = dict(query_of(request.scope))
        if services_of(request).limits.query_credentials:
            for name in CREDENTIALS:
                given.pop(name, None)
        try:
            return self.model.model_validate(given)
        except ValidationError as error:
            raise invalid(error, where=reasons.INVALID_REQUEST_PARAMETER) from None


class BodyOf(Generic[B]):
    """Dependency: the JSON body, checked against a model. Raises ApiError 400, 408, 413, 415."""

    def __init__(self, model: type[B]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> B:
        limits = services_of(request).limits
        is_bulk = self.model.IS_BULK
        body = await read_body(
            request.scope,
            request.receive,
            limit=limits.bulk_body_bytes if is_bulk else limits.body_bytes,
            timeout_s=limits.body_timeout_s,
        )
        request.scope["dialplane.body"] = body
        if is_bulk and len(body) > _AT_ONCE_BYTES:
            return await asyncio.to_thread(self._checked, body)
        return self._checked(body)

    def _checked(self, body: bytes) -> B:
        try:
            return self.model.model_validate(decode_object(body))
        except ValidationError as error:
            raise invalid(error, where=reasons.INVALID_ARGUMENT, read_only=self.model.READ_ONLY) from None


@cache
def _query_of(model: type[Q]) -> QueryOf[Q]:
    return QueryOf(model)


@cache
def _body_of(model: type[B]) -> BodyOf[B]:
    return BodyOf(model)


def query(model: type[Query]) -> Any:
    """For `Annotated[Model, query(Model)]`: the checked query parameters."""
    return Depends(_query_of(model))


def body(model: type[Body]) -> Any:
    """For `Annotated[Model, body(Model)]`: the checked body."""
    return Depends(_body_of(model))


def refuse(where: Reason, field: str, code: str, message: str) -> ApiError:
    """A refusal that names one field, parameter or header."""
    return ApiError(where, details=[Detail(named(field), code, message)])


def operation(
    name: str,
    summary: str,
    *,
    answer: type[BaseModel] | None = None,
    takes: type[Body] | None = None,
    query: type[Query] = Query,
    refuses: Iterable[Reason] = (),
    permission: str | None = None,
    description: str = "",
    media_type: str = "",
    repeatable: bool = False,
) -> Mapping[str, Any]:
    """Keyword arguments for a router's decorator.

    `name` is the operationId; `permission` the operation of `control.permissions` that it needs (None: no login);
    `media_type` that of an answer which is not JSON; `repeatable`: it takes an Idempotency-Key (see `once`).
    Dependencies are carried out in order: credentials, permission, query, body.
    """
    dependencies = [Depends(_query_of(query))]
    told = [*_ANYWHERE, *refuses]
    if permission is not None:
        dependencies.insert(0, Depends(Permitted(permission)))
        told = [*_AUTHENTICATED, *told]
    if takes is not None:
        told += _WITH_BODY
    if repeatable:
        told += _REPEATABLE
    extra: dict[str, Any] = {
        "x-reasons": [reason.name for reason in sorted(set(told), key=lambda reason: (reason.http, reason.name))],
        "security": [] if permission is None else [{"bearer": []}, {"token": []}, {"accesskey": []}],
    }
    if permission is not None:
        extra["x-permission"] = permission
    if repeatable:
        extra["parameters"] = [IDEMPOTENCY_KEY]
    told_answer: dict[str, Any] = {"description": "Done."}
    if answer is not None:
        told_answer["model"] = answer
    elif media_type:
        told_answer["content"] = {media_type: {"schema": {"type": "string"}}}
    return {
        "operation_id": name,
        "summary": summary,
        "description": description,
        "dependencies": dependencies,
        "responses": {200: told_answer},
        "response_class": Response if media_type else JSONResponse,
        "openapi_extra": extra,
    }
