"""Query strings: decoded once, strictly, into one value per name."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, TypeVar
from urllib.parse import unquote_to_bytes

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.types import Scope

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.fields import INSTANT_SCHEMA, UUID_SCHEMA, Rule, invalid, longest, optional, printable_name
from dialplane.domain.errors import InvalidValue
from dialplane.domain.filter import MAX_FILTER, Word
from dialplane.domain.ids import parse_id
from dialplane.domain.instants import parse_instant, parse_rfc3339
from dialplane.domain.texts import parse_choice, parse_range

Q = TypeVar("Q", bound="Query")

CREDENTIALS = ("token", "accesskey")
MAX_PARAMETERS = 32
MAX_PAGE_SIZE = 100

_DIGITS = re.compile(r"0|[1-9][0-9]*")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_PARSED = "dialplane.query"


def query_of(scope: Scope) -> dict[str, str]:
    """All query parameters of a request, credentials included. Raises ApiError for duplicates and broken text."""
    parsed: dict[str, str] | None = scope.get(_PARSED)
    if parsed is None:
        parsed = scope[_PARSED] = _parse(scope["query_string"])
    return parsed


def _parse(raw: bytes) -> dict[str, str]:
    if not raw:
        return {}
    if raw.count(b"&") >= MAX_PARAMETERS:
        raise ApiError(reasons.INVALID_REQUEST_PARAMETER)
    try:
        pairs = [_pair(part) for part in raw.decode("ascii").split("&") if part]
    except ValueError:
        raise ApiError(reasons.INVALID_REQUEST_PARAMETER) from None
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if name in parameters:
            raise ApiError(
                reasons.INVALID_REQUEST_PARAMETER,
                details=[Detail(printable_name(name), "duplicate", "must be given once")],
            )
        parameters[name] = value
    return parameters


def _pair(part: str) -> tuple[str, str]:
    """application/x-www-form-urlencoded. Raises ValueError if the percent signs do not encode UTF-8."""
    name, _, value = part.partition("=")
    if "%" in part or "+" in part:
        return _decoded(name), _decoded(value)
    return name, value


def _decoded(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode()


def parse_decimal(text: str) -> int:
    """ASCII decimal digits without a sign, a leading zero or separators. Raises InvalidValue."""
    if not _DECIMAL.fullmatch(text):
        raise InvalidValue("", "invalid_integer", "must be a number in decimal digits")
    return int(text)


def decimal(least: int, most: int) -> Rule:
    """A query parameter that is an integer in this range."""

    def parse(text: str) -> int:
        return parse_range(parse_decimal(text), field="", least=least, most=most)

    return Rule(parse, {"type": "integer", "minimum": least, "maximum": most}, instead=True)


def _parse_flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise InvalidValue("", "invalid_flag", "must be true or false")
    return text == "true"


def _parse_page_token(text: str) -> int | None:
    if "T" in text.upper():
        return parse_rfc3339(text, field="")
    return parse_instant(text) if text else None


def _parse_page_size(text: str) -> int:
    if not _DIGITS.fullmatch(text):
        raise InvalidValue("", "invalid_integer", "must be a number in decimal digits")
    return min(int(text[:4]) or MAX_PAGE_SIZE, MAX_PAGE_SIZE)


def several(*words: str) -> Rule:
    """A query parameter that holds some of these words, with commas between, each once."""

    def parse(text: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(parse_choice(word, field="", among=words) for word in text.split(",")))

    one = f"({'|'.join(words)})"
    return Rule(parse, {"type": "string", "pattern": f"^{one}(,{one})*$"}, instead=True)


def ids(most: int) -> Rule:
    """A query parameter that holds ids, with commas between."""

    def parse(text: str) -> tuple[str, ...]:
        found = text.split(",")
        if len(found) > most:
            raise InvalidValue("", "too_many", f"must name at most {most}")
        return tuple(dict.fromkeys(map(parse_id, found)))

    one = UUID_SCHEMA["pattern"].strip("^$")
    return Rule(parse, {"type": "string", "pattern": f"^{one}(,{one})*$"}, instead=True)


Flag = Annotated[bool, Rule(_parse_flag, {"type": "boolean"}, instead=True)]
Instant = Annotated[int, Rule(parse_instant, INSTANT_SCHEMA, instead=True)]


class Query(BaseModel):
    """The query parameters that an endpoint knows. Others are refused: a misspelt filter would show too much."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def parse_query(model: type[Q], scope: Scope, *, credentials: bool) -> Q:
    """The query parameters of a request, checked against a model; with `credentials`, those may be among them.

    Raises ApiError 400.
    """
    parameters = query_of(scope)
    if credentials and not parameters.keys().isdisjoint(CREDENTIALS):
        parameters = {name: value for name, value in parameters.items() if name not in CREDENTIALS}
    try:
        return model.model_validate(parameters)
    except ValidationError as error:
        raise invalid(error, reasons.INVALID_REQUEST_PARAMETER) from None


class PageSize(Query):
    """How much of a list."""

    page_size: Annotated[int, Rule(_parse_page_size, {"type": "integer", "minimum": 0}, instead=True)] = Field(
        MAX_PAGE_SIZE, description=f"How many at most; 0 and more than {MAX_PAGE_SIZE} are {MAX_PAGE_SIZE}."
    )


class Page(PageSize):
    """Position in a list: `page_token` is the `next_page_token` of the page before."""

    page_token: Annotated[int | None, Rule(_parse_page_token, {"type": "string"}, instead=True)] = optional(
        "`next_page_token` of the page before, or the same instant as RFC 3339 has it; empty for the first page."
    )

    NOT_FILTERS: ClassVar[frozenset[str]] = frozenset({"page_size", "page_token", "expand"})

    def listing(self) -> dict[str, Any]:
        """Keyword arguments for a `list_` of control."""
        filters = {name: getattr(self, name) for name in self.model_fields_set - self.NOT_FILTERS}
        return filters | {"page_size": self.page_size, "before": self.page_token}

    @property
    def expanded(self) -> tuple[str, ...]:
        """The kinds whose names are wanted beside the ids that refer to them."""
        kinds: tuple[str, ...] = getattr(self, "expand", ())
        return kinds


def expanding(*kinds: str) -> Any:
    """The default of `expand`, for a resource that refers to objects of these kinds."""
    return Field(
        default_factory=tuple,
        description="Add `names`: the names of the objects of these kinds that are referred to, by id.",
    )


FilterText = Annotated[str, longest(MAX_FILTER)]


def filtering(words: Sequence[Word], *, like: str) -> Any:
    """The default of `filter`, for a list whose filters have these words. `like`: an example."""
    known = ", ".join(f"`{word.name}:`" for word in words)
    return optional(
        f"Only those that all its terms mean, like `{like}`: text, or one of {known} with a value; with a minus before "
        "it, all others. The documentation of routes has the grammar."
    )
