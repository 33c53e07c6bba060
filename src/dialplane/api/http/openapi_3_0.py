"""The OpenAPI document as version 3.0 has it, for generators that do not read 3.1, which has JSON Schema as it is.

Source: the OpenAPI Specification 3.0.3, "Schema Object", and the differences that 3.1.0 lists.
"""

from collections.abc import Mapping
from typing import Any

VERSION = "3.0.3"
_NULL = {"type": "null"}
_UNKNOWN = frozenset({"propertyNames", "examples", "const", "patternProperties"})
"""JSON Schema's words that 3.0 does not have."""


def document_3_0(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same operations and schemas as in this document of version 3.1."""
    components = document["components"]
    schemas = {name: _schema(schema) for name, schema in components["schemas"].items()}
    return {
        **document,
        "openapi": VERSION,
        "paths": _rest(document["paths"]),
        "components": {**components, "schemas": schemas},
    }


def _rest(part: Any) -> Any:
    """Everything around the schemas, which stays as it is."""
    if isinstance(part, Mapping):
        return {name: _schema(item) if name == "schema" else _rest(item) for name, item in part.items()}
    return [_rest(item) for item in part] if isinstance(part, list) else part


def _schema(schema: Any) -> Any:
    if not isinstance(schema, Mapping):
        return schema
    parts = {name: _part(name, item) for name, item in schema.items() if name not in _UNKNOWN}
    if "examples" in schema:
        parts["example"] = schema["examples"][0]
    if "const" in schema:
        parts["enum"] = [schema["const"]]
    if "patternProperties" in schema:
        parts["additionalProperties"] = _schema(next(iter(schema["patternProperties"].values())))
    if "$ref" in parts and len(parts) > 1:
        parts = {"allOf": [{"$ref": parts.pop("$ref")}], **parts}
    return _nullable(parts) if _NULL in parts.get("anyOf", ()) else parts


def _part(name: str, item: Any) -> Any:
    if name == "properties":
        return {field: _schema(schema) for field, schema in item.items()}
    if isinstance(item, list) and name in ("anyOf", "allOf", "oneOf"):
        return [_schema(schema) for schema in item]
    return _schema(item) if name in ("items", "additionalProperties") else item


def _nullable(parts: Mapping[str, Any]) -> dict[str, Any]:
    """`anyOf` with null among them: 3.0 has no type null, but a word for "or null"."""
    others = [schema for schema in parts["anyOf"] if schema != _NULL]
    rest = {name: item for name, item in parts.items() if name != "anyOf"} | {"nullable": True}
    if len(others) > 1:
        return {"anyOf": others, **rest}
    return {"allOf": others, **rest} if "$ref" in others[0] else {**others[0], **rest}
