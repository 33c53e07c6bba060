"""What is checked before an endpoint runs, as dependencies: the permission, the query, the body."""

import asyncio
from functools import cache
from typing import Any, Generic, TypeVar

from fastapi import Depends
from pydantic import ValidationError
from starlette.requests import Request

from dialplane.api.http import reasons
from dialplane.api.http.asking import Asks, services_of
from dialplane.api.http.body import decode_object, read_body
from dialplane.api.http.fields import Body, invalid
from dialplane.api.http.query import CREDENTIALS, Query, query_of
from dialplane.control import permissions

B = TypeVar("B", bound=Body)
Q = TypeVar("Q", bound=Query)

AT_ONCE_BYTES = 262_144
"""A larger body is checked in a thread: it takes longer than other requests should have to wait."""


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
        if is_bulk and len(body) > AT_ONCE_BYTES:
            return await asyncio.to_thread(self._checked, body)
        return self._checked(body)

    def _checked(self, body: bytes) -> B:
        try:
            return self.model.model_validate(decode_object(body))
        except ValidationError as error:
            raise invalid(error, where=reasons.INVALID_ARGUMENT, read_only=self.model.READ_ONLY) from None


@cache
def query_check(model: type[Q]) -> QueryOf[Q]:
    return QueryOf(model)


@cache
def body_check(model: type[B]) -> BodyOf[B]:
    return BodyOf(model)


def query(model: type[Query]) -> Any:
    """For `Annotated[Model, query(Model)]`: the checked query parameters."""
    return Depends(query_check(model))


def body(model: type[Body]) -> Any:
    """For `Annotated[Model, body(Model)]`: the checked body."""
    return Depends(body_check(model))
