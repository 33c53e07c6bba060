"""How an endpoint is declared: what it needs, what it answers, and every way in which it may refuse.

The checks before it and its documentation both come from this one declaration.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Path
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from dialplane.api.http import reasons
from dialplane.api.http.checks import Permitted, query_check
from dialplane.api.http.fields import UUID_SCHEMA, Body, Rule
from dialplane.api.http.query import Query
from dialplane.api.http.reasons import Reason
from dialplane.domain.ids import parse_id

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
_CREDENTIALS: list[dict[str, list[str]]] = [{"bearer": []}, {"token": []}, {"accesskey": []}]


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
    versioned: bool = False,
) -> Mapping[str, Any]:
    """Keyword arguments for a router's decorator.

    `name` is the operationId; `permission` the operation of `control.permissions` that it needs (None: no login);
    `media_type` that of an answer which is not JSON; `repeatable`: it takes an Idempotency-Key (see `once`);
    `versioned`: it answers one object with its ETag, and as a PUT or DELETE takes If-Match.
    The checks are carried out in order: credentials, permission, query, body.
    """
    checks = [Depends(query_check(query))]
    if permission is not None:
        checks.insert(0, Depends(Permitted(permission)))
    told = {
        *_ANYWHERE,
        *refuses,
        *(_AUTHENTICATED if permission is not None else ()),
        *(_WITH_BODY if takes is not None else ()),
        *(_REPEATABLE if repeatable else ()),
    }
    return {
        "operation_id": name,
        "summary": summary,
        "description": description,
        "dependencies": checks,
        "responses": {200: _answered(answer, media_type)},
        "response_class": Response if media_type else JSONResponse,
        "openapi_extra": {
            "x-reasons": [reason.name for reason in sorted(told, key=lambda reason: (reason.http, reason.name))],
            "security": [] if permission is None else _CREDENTIALS,
            **({} if permission is None else {"x-permission": permission}),
            "x-versioned": versioned,
            **({"parameters": [IDEMPOTENCY_KEY]} if repeatable else {}),
        },
    }


def _answered(model: type[BaseModel] | None, media_type: str) -> dict[str, Any]:
    told: dict[str, Any] = {"description": "Done."}
    if model is not None:
        told["model"] = model
    elif media_type:
        told["content"] = {media_type: {"schema": {"type": "string"}}}
    return told
