"""The OpenAPI 3.1 document, from the declarations of the endpoints and the catalogue of reasons."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from dialplane.api.http import reasons
from dialplane.api.http.endpoint import Endpoint
from dialplane.api.http.errors import ApiError, Detail, error_content
from dialplane.api.http.examples import TEXTS, example_of
from dialplane.api.http.reasons import REASONS, Reason
from dialplane.api.http.schemas import Error
from dialplane.api.http.streamed import EVENTS

REF = "#/components/schemas/{model}"

_DESCRIPTION = """Outbound call routing: providers, routes, and the calls that went over them.

Log in with `POST /auth/login`, or make an access key. Lists come newest first in pages; `PUT` changes the fields it
names; `ETag` and `If-Match` keep two writers from overwriting each other. Every refusal has the form of `Error`.

# Reasons

| reason | status | meaning | what to do |
|---|---|---|---|
"""
_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token of POST /auth/login, or an access key."},
    "token": {"type": "apiKey", "in": "query", "name": "token", "description": "A token of POST /auth/login."},
    "accesskey": {"type": "apiKey", "in": "query", "name": "accesskey", "description": "An access key."},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "accesskey", "description": "An access key of a program."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "dialplane",
        "description": "A browser's session, set by POST /auth/session; over HTTPS its name is `__Host-dialplane`. "
        "What changes something needs the header `X-Dialplane-Console: 1`, too.",
    },
}
_SECURITY: list[dict[str, list[str]]] = [{name: []} for name in _SECURITY_SCHEMES]
_HEADERS = {"X-Request-Id": {"description": "Names this request in the logs.", "schema": {"type": "string"}}}
_ETAG = {
    "description": "The object's version; the same for as long as it stays as it is.",
    "schema": {"type": "string"},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "Carry it out only if the object is still at this version.",
    "schema": {"type": "string", "pattern": '^("[0-9]{1,18}"|\\*)$'},
}
_EVENT = {
    "description": "Each event of the stream; `data` is JSON.",
    "type": "object",
    "required": ["event", "data"],
    "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
}
_EVENT_EXAMPLE = {"id": "5d0c1f7a-41", "event": "edge", "data": '{"name":"edge-1","lag_revisions":0}'}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent again with the same key and body, the request gets its first answer again (for a day).",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def document_of(endpoints: Sequence[Endpoint], *, title: str, version: str) -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    description = _DESCRIPTION + "\n".join(_row(reason) for reason in REASONS.values())
    answers = _schemas({endpoint.answer for endpoint in endpoints if endpoint.answer}, "serialization")
    bodies = _schemas({endpoint.body for endpoint in endpoints if endpoint.body} | {Error}, "validation")
    for endpoint in endpoints:
        if endpoint.body and endpoint.answer and endpoint.method == "PUT":
            shown = answers[endpoint.answer.__name__]["properties"]
            repeatable = {name: shown[name] | {"readOnly": True} for name in shown if name in endpoint.body.READ_ONLY}
            bodies[endpoint.body.__name__]["properties"] |= repeatable
    for endpoint in endpoints:
        _show(paths[endpoint.path][endpoint.method.lower()], endpoint, answers)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description},
        "paths": paths,
        "components": {
            "schemas": answers | bodies,
            "securitySchemes": _SECURITY_SCHEMES,
            "examples": {name: {"value": _example(reason)} for name, reason in REASONS.items()},
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.operation_id,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "security": [],
        "responses": {"200": _success(endpoint)} | _refusals(endpoint.reasons),
    }
    if endpoint.description:
        operation["description"] = endpoint.description
    if endpoint.permission is not None:
        operation |= {"security": _SECURITY, "x-permission": endpoint.permission}
    if endpoint.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(endpoint.body)}
    if parameters := _parameters(endpoint):
        operation["parameters"] = parameters
    return operation


def _success(endpoint: Endpoint) -> dict[str, Any]:
    response: dict[str, Any] = {"description": "Done.", "headers": dict(_HEADERS)}
    if endpoint.answer is not None:
        response["content"] = _json(endpoint.answer)
    elif endpoint.media_type:
        schema = _EVENT if endpoint.media_type == EVENTS else {"type": "string"}
        response["content"] = {endpoint.media_type: {"schema": schema}}
    if endpoint.is_versioned:
        response["headers"]["ETag"] = _ETAG
    return response


def _show(operation: dict[str, Any], endpoint: Endpoint, schemas: dict[str, Any]) -> None:
    """An example of the answer, where its schema has none."""
    for media_type, content in operation["responses"]["200"].get("content", {}).items():
        if media_type == EVENTS:
            content["example"] = _EVENT_EXAMPLE
        elif endpoint.answer is None:
            content["example"] = TEXTS[endpoint.path]
        else:
            content["example"] = example_of(content["schema"], schemas)


def _refusals(refused_for: Iterable[Reason]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for reason in sorted(refused_for, key=lambda reason: (reason.http, reason.name)):
        by_status.setdefault(reason.http, []).append(reason.name)
    return {
        str(status): {
            "description": ", ".join(names),
            "headers": _HEADERS,
            "content": _json(Error, examples={name: {"$ref": f"#/components/examples/{name}"} for name in names}),
        }
        for status, names in by_status.items()
    }


def _json(model: type[BaseModel], **rest: Any) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REF.format(model=model.__name__)}, **rest}}


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        *(_parameters_of(endpoint.path_model, "path") if endpoint.path_model else ()),
        *([_IDEMPOTENCY_KEY] if endpoint.is_repeatable else ()),
        *_parameters_of(endpoint.query, "query"),
        *([_IF_MATCH] if endpoint.is_conditional else ()),
    ]


def _parameters_of(model: type[BaseModel], place: Literal["path", "query"]) -> list[dict[str, Any]]:
    schema = _schemas({model}, "validation")[model.__name__]
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "in": place,
            "required": name in required,
            **({"description": part["description"]} if "description" in part else {}),
            "schema": {key: value for key, value in part.items() if key not in ("title", "description")},
        }
        for name, part in schema.get("properties", {}).items()
    ]


def _schemas(models: Iterable[type[BaseModel]], mode: Literal["validation", "serialization"]) -> dict[str, Any]:
    """The schemas of these models, and of the models in their fields, by name."""
    ordered = sorted(models, key=lambda model: model.__name__)
    _, found = models_json_schema([(model, mode) for model in ordered], ref_template=REF)
    definitions: dict[str, Any] = found["$defs"]
    return definitions


def _example(reason: Reason) -> dict[str, Any]:
    is_about_fields = reason in (reasons.INVALID_ARGUMENT, reasons.INVALID_ID)
    details = [Detail("target", "required", "is required")] if is_about_fields else []
    return error_content(ApiError(reason, details=details), "0f6c3b5a2e9d4b7f8a1c2d3e4f506172")


def _row(reason: Reason) -> str:
    return f"| `{reason.name}` | {reason.http} {reason.status} | {reason.meaning} | {reason.remedy} |"
