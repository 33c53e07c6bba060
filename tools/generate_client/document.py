"""The OpenAPI document as the generator reads it: schemas, and operations with the names that the client uses."""

import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

SAFE_TO_REPEAT = frozenset({"reportEvents"})
"""POSTs that may be sent twice: the API stores each event once, by its id."""

NOT_FOR_PROGRAMS = frozenset({"loginVersioned", "beginSession", "endOwnSession", "watchStream"})
"""A second path, for clients that expect it there; sessions of browsers; what never ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """`name` is that on the wire; `place` is path, query or header."""

    name: str
    place: str
    schema: Schema
    required: bool
    description: str

    @property
    def argument(self) -> str:
        """The name of the client's argument: `id_` for `id`, `if_match` for `If-Match`."""
        name = self.name.replace("-", "_").lower()
        return f"{name}_" if keyword.iskeyword(name) or name == "id" else name

    @property
    def is_optional(self) -> bool:
        """Whether it can be left out and the API has no default to name in its place."""
        return not self.required and "default" not in self.schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One operation. The client has it as `client.<resource>.<verb>()`, or as `client.<verb>()` if `resource` is "".

    `body` and `answer` are names of schemas; `body` is "" for none, `answer` is "" for text that is not JSON.
    `is_tagged`: the answer has an ETag.
    """

    name: str
    resource: str
    verb: str
    method: str
    path: str
    summary: str
    description: str
    permission: str
    parameters: tuple[Parameter, ...]
    body: str
    answer: str
    is_tagged: bool

    @property
    def constant(self) -> str:
        """Its name in the client's table of operations: LIST_ROUTES."""
        return snake_case(self.name).upper()

    @property
    def is_paged(self) -> bool:
        """Whether it is a list that answers page by page."""
        return self.verb == "list" and any(parameter.name == "page_token" for parameter in self.parameters)


class Document:
    """Schemas and endpoints, in the document's order."""

    def __init__(self, openapi: Mapping[str, Any]) -> None:
        self.schemas: Mapping[str, Schema] = openapi["components"]["schemas"]
        self.endpoints = tuple(_endpoints(openapi["paths"]))

    def item_of(self, page: str) -> str:
        """The name of the schema of a page's items."""
        return reference(self.schemas[page]["properties"]["result"]["items"])

    def of_resource(self, resource: str) -> list[Endpoint]:
        """Its endpoints."""
        return [endpoint for endpoint in self.endpoints if endpoint.resource == resource]

    def resources(self) -> Mapping[str, str]:
        """The class of each resource, by the resource's name: that of its operation `listAccessKeys` is AccessKeys."""
        named = {each.resource: each.resource.capitalize() for each in self.endpoints if each.resource}
        lists = (each for each in self.endpoints if each.resource and each.verb == "list")
        return named | {each.resource: each.name.removeprefix("list") for each in lists}


def reference(schema: Schema) -> str:
    """The name of the schema that is referred to; "" if this is not a reference."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def snake_case(name: str) -> str:
    """`listAccessKeys` as list_access_keys."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _endpoints(paths: Mapping[str, Mapping[str, Any]]) -> Iterator[Endpoint]:
    for path, operations in paths.items():
        has_items = any(other.startswith(f"{path}/{{") for other in paths)
        for method, operation in operations.items():
            if operation["operationId"] not in NOT_FOR_PROGRAMS:
                yield _endpoint(path, method, operation, has_items=has_items)


def _endpoint(path: str, method: str, operation: Mapping[str, Any], *, has_items: bool) -> Endpoint:
    resource, verb = _resource_and_verb(path, method, operation["operationId"], has_items=has_items)
    answer = operation["responses"]["200"]
    return Endpoint(
        name=operation["operationId"],
        resource=resource,
        verb=verb,
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=" ".join(operation.get("description", "").split()),
        permission=operation.get("x-permission", ""),
        parameters=tuple(_parameter(item) for item in operation.get("parameters", ())),
        body=reference(_json_schema(operation.get("requestBody", {}))),
        answer=reference(_json_schema(answer)),
        is_tagged="ETag" in answer.get("headers", {}),
    )


def _resource_and_verb(path: str, method: str, name: str, *, has_items: bool) -> tuple[str, str]:
    match path.removeprefix("/v1.0").strip("/").split("/"):
        case [noun] if has_items:
            return noun, {"get": "list", "post": "create"}[method]
        case [noun]:
            return "", noun if method == "get" else snake_case(name)
        case [noun, part] if part.startswith("{"):
            return noun, {"get": "get", "put": "update", "delete": "delete"}[method]
        case [noun, *_, verb]:
            return noun, verb
    raise ValueError(f"no rule names the operation at {path}")


def _parameter(item: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=item["name"],
        place=item["in"],
        schema=item["schema"],
        required=item.get("required", False),
        description=item.get("description", ""),
    )


def _json_schema(content_holder: Mapping[str, Any]) -> Schema:
    schema: Schema = content_holder.get("content", {}).get("application/json", {}).get("schema", {})
    return schema
