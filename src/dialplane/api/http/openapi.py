"""The OpenAPI document: FastAPI's, completed from the declarations of `operation.py` and the catalogue of reasons."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from dialplane.api.http import reasons
from dialplane.api.http.checks import BodyOf, QueryOf
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.query import Query
from dialplane.api.http.reasons import REASONS, Reason
from dialplane.api.http.schemas import Error

REF = "#/components/schemas/{model}"

_DESCRIPTION = """Outbound call routing: providers, routes, and the calls that went over them.

Log in with `POST /auth/login`, or make an access key. Lists come newest first in pages; `PUT` changes the fields it
names; `ETag` and `If-Match` keep two writers from overwriting each other. Every refusal has the form of `Error`.

# Reasons

| reason | status | meaning | what to do |
|---|---|---|---|
"""
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token of POST /auth/login, or an access key."},
    "token": {"type": "apiKey", "in": "query", "name": "token", "description": "A token of POST /auth/login."},
    "accesskey": {"type": "apiKey", "in": "query", "name": "accesskey", "description": "An access key."},
}
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


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole document."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        description=_DESCRIPTION + "\n".join(_row(reason) for reason in REASONS.values()),
        routes=app.routes,
    )
    schemas: dict[str, Any] = document["components"].setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    routes = [route for route in app.routes if isinstance(route, APIRoute) and route.include_in_schema]
    bodies = {model for route in routes for model in _models(route.dependant, BodyOf)}
    schemas.update(_schemas([*bodies, Error]))
    document["components"]["securitySchemes"] = _SECURITY
    document["components"]["examples"] = {name: {"value": _example(reason)} for name, reason in REASONS.items()}
    for route in routes:
        for method in route.methods or ():
            _complete(document["paths"][route.path_format][method.lower()], route, method)
    return document


def _complete(told: dict[str, Any], route: APIRoute, method: str) -> None:
    responses = told["responses"]
    responses.pop("422", None)
    is_versioned = told.pop("x-versioned", False)
    is_conditional = is_versioned and method in ("PUT", "DELETE")
    refuses = {*told.pop("x-reasons", ()), *([reasons.INVALID_REQUEST_HEADER.name] if is_conditional else ())}
    for http, names in _by_status(sorted(refuses)).items():
        responses[str(http)] = _refusal(names)
    for response in responses.values():
        response.setdefault("headers", {}).update(_HEADERS)
    for model in _models(route.dependant, BodyOf):
        schema = {"$ref": REF.format(model=model.__name__)}
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    told["parameters"] = [item for item in told.get("parameters", ()) if item["in"] in ("path", "header")]
    for model in _models(route.dependant, QueryOf):
        told["parameters"] += _parameters(model)
    if is_conditional:
        told["parameters"].append(_IF_MATCH)
    if is_versioned:
        responses["200"]["headers"]["ETag"] = _ETAG
    if not told["parameters"]:
        del told["parameters"]


def _models(dependant: Dependant, kind: type[BodyOf[Any] | QueryOf[Any]]) -> Iterator[type[BaseModel]]:
    """Each model that a dependency of this kind checks, once."""
    seen: set[type[BaseModel]] = set()
    for dependency in dependant.dependencies:
        call = dependency.call
        if isinstance(call, kind) and call.model not in seen:
            seen.add(call.model)
            yield call.model


def _parameters(model: type[BaseModel]) -> list[dict[str, Any]]:
    if model is Query:
        return []
    schema = _schemas([model])[model.__name__]
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            **({"description": part["description"]} if "description" in part else {}),
            "schema": {key: value for key, value in part.items() if key not in ("title", "description")},
        }
        for name, part in schema["properties"].items()
    ]


def _schemas(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    _, found = models_json_schema([(model, "validation") for model in models], ref_template=REF)
    definitions: dict[str, Any] = found["$defs"]
    return definitions


def _by_status(names: Iterable[str]) -> dict[int, list[str]]:
    grouped: dict[int, list[str]] = {}
    for name in names:
        grouped.setdefault(REASONS[name].http, []).append(name)
    return grouped


def _refusal(names: list[str]) -> dict[str, Any]:
    return {
        "description": ", ".join(names),
        "content": {
            "application/json": {
                "schema": {"$ref": REF.format(model="Error")},
                "examples": {name: {"$ref": f"#/components/examples/{name}"} for name in names},
            }
        },
    }


def _example(reason: Reason) -> dict[str, Any]:
    is_about_fields = reason in (reasons.INVALID_ARGUMENT, reasons.INVALID_ID)
    details = [Detail("target", "required", "is required")] if is_about_fields else []
    error = ApiError(reason, details=details)
    told: dict[str, Any] = {
        "status": reason.status,
        "reason": reason.name,
        "message": error.message,
        "request_id": "0f6c3b5a2e9d4b7f8a1c2d3e4f506172",
    }
    if details:
        told["details"] = [detail._asdict() for detail in details]
    return {"error": told}


def _row(reason: Reason) -> str:
    return f"| `{reason.name}` | {reason.http} {reason.status} | {reason.meaning} | {reason.mend} |"
