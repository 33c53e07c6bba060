"""Fields of requests: strict types with the domain's own rules, and the errors for values that break them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import ErrorDetails, core_schema

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.reasons import Reason
from dialplane.domain.errors import InvalidValue
from dialplane.domain.ids import parse_id
from dialplane.domain.instants import parse_instant
from dialplane.domain.texts import MAX_DETAIL, MAX_NAME, parse_choice, parse_range, parse_text

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MAX_DETAILS = 20

UUID_SCHEMA = {
    "type": "string",
    "format": "uuid",
    "pattern": "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$",
}
INSTANT_SCHEMA = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}$"}


@dataclass(frozen=True, eq=False)
class Rule:
    """Metadata of a field: the domain's `parse` for the value, and the JSON schema that documents it.

    `parse` gets values of the annotated type, or with `instead` any JSON value. null stays null if the type allows it.
    """

    parse: Callable[[Any], Any]
    schema: Mapping[str, Any]
    instead: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        if self.instead:
            return core_schema.no_info_plain_validator_function(self.parse)
        return core_schema.no_info_after_validator_function(self._parse_unless_null, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(self.schema)

    def _parse_unless_null(self, value: Any) -> Any:
        return None if value is None else self.parse(value)


def longest(characters: int) -> Rule:
    """Free text of at most so many characters."""
    return Rule(partial(parse_text, field="", longest=characters), {"type": "string", "maxLength": characters})


def among(*words: str) -> Rule:
    """One of these words."""
    return Rule(partial(parse_choice, field="", among=words), {"type": "string", "enum": list(words)})


def matching(parse: Callable[[str], str], pattern: str) -> Rule:
    """A string that the domain parses; `pattern` only documents it."""
    return Rule(parse, {"type": "string", "pattern": pattern})


def within(least: int, most: int) -> Rule:
    """An integer in this range."""
    return Rule(
        partial(parse_range, field="", least=least, most=most), {"type": "integer", "minimum": least, "maximum": most}
    )


def within_or_null(least: int, most: int) -> Rule:
    """An integer in this range, or null."""
    rule = within(least, most)
    return Rule(rule.parse, {"anyOf": [dict(rule.schema), {"type": "null"}]})


def instant_or(default: int) -> Rule:
    """A timestamp in the contract's form, read as an instant; null is read as `default`."""

    def parse(value: Any) -> int:
        if value is None:
            return default
        if not isinstance(value, str):
            raise InvalidValue("", "invalid_timestamp", "must be a UTC timestamp like 2022-10-22 16:16:16.874761")
        return parse_instant(value)

    return Rule(parse, {"anyOf": [INSTANT_SCHEMA, {"type": "null"}]}, instead=True)


Id = Annotated[str, Rule(parse_id, UUID_SCHEMA)]
Name = Annotated[str, longest(MAX_NAME)]
DetailText = Annotated[str, longest(MAX_DETAIL)]


def optional(description: str | None = None) -> Any:
    """The default of a field that may be left out; no value takes its place."""
    return Field(default_factory=lambda: None, description=description)


class Body(BaseModel):
    """The fields that a request body may name.

    `READ_ONLY`: fields of the answer that only the service sets. `IS_BULK`: holds many objects, so it may be large.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    READ_ONLY: ClassVar[frozenset[str]] = frozenset()
    IS_BULK: ClassVar[bool] = False

    def named_fields(self) -> dict[str, Any]:
        """The fields that the request names, by name, in the types of the domain."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}


class ObjectBody(Body):
    """The fields of an object that a create or an update may name."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"id", "tm_create", "tm_update", "tm_delete"})


def printable_name(name: object) -> str:
    """A field name of a request, if it can be repeated without echoing arbitrary input."""
    return name if isinstance(name, str) and _NAME.fullmatch(name) else "(unreadable name)"


def invalid(error: ValidationError, reason: Reason, *, read_only: frozenset[str] = frozenset()) -> ApiError:
    """The error for values that break a model's rules: each field once, with its rule.

    INVALID_ID if all of them are ids, `reason` otherwise.
    """
    found = [_detail(item, read_only) for item in error.errors(include_url=False, include_input=False)]
    details = list({detail.field: detail for detail in reversed(found)}.values())[::-1][:_MAX_DETAILS]
    only_ids = all(detail.code == "invalid_id" for detail in details)
    return ApiError(reasons.INVALID_ID if only_ids else reason, details=details)


def _detail(item: ErrorDetails, read_only: frozenset[str]) -> Detail:
    name = printable_name(item["loc"][0]) if item["loc"] else "body"
    cause = item.get("ctx", {}).get("error")
    if isinstance(cause, InvalidValue):
        return Detail(name, cause.code, cause.message)
    if item["type"] == "extra_forbidden":
        if name in read_only:
            return Detail(name, "read_only", "is set by the service and cannot be given")
        return Detail(name, "unknown_field", "is not known here")
    return Detail(name, *_RULES.get(item["type"], ("invalid_type", "has a type or value that is not allowed here")))


_RULES: Mapping[str, tuple[str, str]] = {
    "missing": ("required", "is required"),
    "string_type": ("invalid_type", "must be a string"),
    "string_unicode": ("invalid_text", "must not contain a lone surrogate"),
    "int_type": ("invalid_type", "must be an integer"),
    "int_from_float": ("invalid_type", "must be an integer"),
    "int_parsing_size": ("out_of_range", "is too large"),
    "bool_type": ("invalid_type", "must be true or false"),
    "list_type": ("invalid_type", "must be a list"),
    "dict_type": ("invalid_type", "must be an object"),
}
