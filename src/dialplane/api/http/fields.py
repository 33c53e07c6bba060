"""Fields of requests: strict types with the domain's own rules, and the errors for values that break them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import NoneType
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PrivateAttr,
    ValidationError,
)
from pydantic_core import ErrorDetails, core_schema

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.reasons import Reason
from dialplane.domain.errors import InvalidValue
from dialplane.domain.ids import parse_id
from dialplane.domain.instants import parse_instant
from dialplane.domain.kinds import LIFE, Kind
from dialplane.domain.permission import BITS, parse_permission
from dialplane.domain.texts import MAX_DETAIL, MAX_NAME, parse_choice, parse_range, parse_text

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_.: -]{0,64}")
MAX_DETAILS = 20

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


def bit(*roles: str) -> Rule:
    """A permission as an integer, or the word for it; one of these roles."""

    def parse(value: object) -> str:
        return parse_choice(parse_permission(value, field=""), field="", among=roles)

    return Rule(parse, {"type": "integer", "enum": [BITS[role] for role in roles]}, instead=True)


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


def secret(parse: Callable[[str], str], shortest: int, longest: int) -> Rule:
    """A text that no answer shows; empty is not parsed: it names nothing."""
    schema = {"type": "string", "minLength": shortest, "maxLength": longest}
    return Rule(lambda text: text and parse(text), {"anyOf": [schema, {"type": "null"}]})


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
OwnerId = Annotated[
    str | None,
    Rule(
        lambda text: text and parse_id(text),
        {"type": "string", "pattern": UUID_SCHEMA["pattern"].replace("^", "^(").replace("$", ")?$")},
    ),
]
"""The id of the customer that an object belongs to; empty or null for the caller's own."""
Name = Annotated[str, longest(MAX_NAME)]
DetailText = Annotated[str, longest(MAX_DETAIL)]


def optional(description: str | None = None) -> Any:
    """The default of a field that may be left out: None, which the schema does not name, since no value means it."""
    return Field(default_factory=NoneType, description=description)


class BodySize(Enum):
    """How much a body may hold; `RequestLimits` has the figures."""

    LOGIN = "login"
    OBJECT = "object"
    EVENTS = "events"
    CHANGES = "changes"


class Body(BaseModel):
    """The fields that a request body may name. `READ_ONLY`: fields of the answer that only the service sets."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    READ_ONLY: ClassVar[frozenset[str]] = frozenset()
    SIZE: ClassVar[BodySize] = BodySize.OBJECT

    @classmethod
    def at_once(cls, body: bytes) -> Self | None:
        """The body that these bytes hold, if a typed decoder takes them; None if `of` is to look at the parts."""
        return None

    @classmethod
    def of(cls, fields: Mapping[str, Any], *, is_update: bool = False) -> Self:
        """The body that has these JSON fields. Raises ApiError 400."""
        try:
            return cls.model_validate(_without_surplus(cls, fields))
        except ValidationError as error:
            raise invalid(error, reasons.INVALID_ARGUMENT, read_only=cls.READ_ONLY) from None

    def named_fields(self) -> dict[str, Any]:
        """The fields that the request names, by name, in the types of the domain."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}


def _without_surplus(model: type[Body], fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields without the unknown ones that a refusal has no room for: each would cost an error."""
    if len(fields) <= len(model.model_fields) + MAX_DETAILS:
        return fields
    unknown = [name for name in fields if name not in model.model_fields]
    surplus = set(unknown[MAX_DETAILS:])
    return {name: value for name, value in fields.items() if name not in surplus}


class ObjectBody(Body):
    """The fields of an object that a create or an update may name.

    null stands for a field's default. An empty customer_id and an empty secret, which no GET answers, name nothing, so
    that an object may be sent back as it was got. An update may repeat what is READ_ONLY as it is stored.
    """

    KIND: ClassVar[Kind[Any]]
    READ_ONLY: ClassVar[frozenset[str]] = LIFE
    REPORTED: ClassVar[frozenset[str]] = frozenset()
    """Read-only fields that edges report: they may have changed since the GET, so an update may say anything there."""
    NULLS: ClassVar[Mapping[str, Any]] = {}
    """Field -> what null stands for there, if that is no default of the kind's class."""

    _nulls: dict[str, Any] = PrivateAttr(default_factory=dict)
    _repeated: dict[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def of(cls, fields: Mapping[str, Any], *, is_update: bool = False) -> Self:
        nulls = {name for name, value in fields.items() if value is None and name in cls.model_fields}
        defaults = {**cls.KIND.defaults, **cls.NULLS} if nulls else {}
        repeated = {name for name in fields if name in cls.READ_ONLY and (is_update or not fields[name])}
        apart = repeated | (nulls & defaults.keys())
        body = super().of({name: fields[name] for name in fields if name not in apart} if apart else fields)
        body._nulls = {name: defaults[name] for name in nulls & defaults.keys()}
        body._repeated = {name: fields[name] for name in repeated - cls.REPORTED if fields[name] is not None}
        return body

    def named_fields(self) -> dict[str, Any]:
        named = super().named_fields()
        for name in {"customer_id", *self.KIND.secret_arguments}:
            if not named.get(name):
                named.pop(name, None)
        for name, second in self.KIND.second_names.items():
            if second in named and named.setdefault(name, named[second]) != named.pop(second):
                raise InvalidValue(second, "contradiction", f"must say the same as {name}, or be left out")
        return named | self._nulls

    @property
    def repeats(self) -> bool:
        """Whether the request names fields that only the service sets."""
        return bool(self._repeated)

    def require_as_stored(self, shown: Mapping[str, Any]) -> None:
        """Refuses a read-only field that says something else than the object as GET shows it. Raises ApiError."""
        details = [
            Detail(name, "read_only", _other_than(shown, name, value))
            for name, value in self._repeated.items()
            if value != shown.get(name) and str(value).lower() != shown.get(name)
        ]
        if details:
            raise ApiError(reasons.INVALID_ARGUMENT, details=details)


def _other_than(shown: Mapping[str, Any], name: str, value: Any) -> str:
    """Names both values, but for one that no answer shows, and for text that could be anything."""
    if name not in shown:
        return _SET_BY_SERVICE
    said = str(value) if isinstance(value, (str, int)) and _PLAIN_VALUE.fullmatch(str(value)) else "something else"
    return f"is '{shown[name]}' and cannot be changed: the request says '{said}'"


def printable_name(name: object) -> str:
    """A field name of a request, if it can be repeated without echoing arbitrary input."""
    return name if isinstance(name, str) and _NAME.fullmatch(name) else "(unreadable name)"


def invalid(error: ValidationError, reason: Reason, *, read_only: frozenset[str] = frozenset()) -> ApiError:
    """The error for values that break a model's rules: each field once, with its rule.

    INVALID_ID if all of them are ids, `reason` otherwise.
    """
    found = [_detail(item, read_only) for item in error.errors(include_url=False, include_input=False)]
    details = list({detail.field: detail for detail in reversed(found)}.values())[::-1][:MAX_DETAILS]
    only_ids = all(detail.code == "invalid_id" for detail in details)
    return ApiError(reasons.INVALID_ID if only_ids else reason, details=details)


def _detail(item: ErrorDetails, read_only: frozenset[str]) -> Detail:
    name = printable_name(item["loc"][0]) if item["loc"] else "body"
    cause = item.get("ctx", {}).get("error")
    if isinstance(cause, InvalidValue):
        return Detail(name, cause.code, cause.message)
    if item["type"] == "extra_forbidden":
        if name in read_only:
            return Detail(name, "read_only", _SET_BY_SERVICE)
        return Detail(name, "unknown_field", "is not known here")
    return Detail(name, *_RULES.get(item["type"], ("invalid_type", "has a type or value that is not allowed here")))


_SET_BY_SERVICE = "is set by the service and cannot be given"
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
