"""An operation of the REST API as a value: enough to send it, and to offer it on a command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

from dialplane.client.request import ApiRequest

T = TypeVar("T")


@dataclass(frozen=True)
class Parameter:
    """`name` is that on the wire; `type` a Python type or a Literal of the words that are allowed."""

    name: str
    place: Literal["path", "query", "header"]
    type: Any
    required: bool = False
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Operation(Generic[T]):
    """`name` is the OpenAPI operationId; `resource` and `verb` are what the client calls it, `client.routes.create()`.

    `resource` is "" for what belongs to none. `body` and `answer` are TypedDicts of `schemas`, whose hints say each
    field's type and meaning; `body` is None for none, `answer` is str for text that is not JSON. `permission` is ""
    if no login is needed. `safe_to_repeat` marks a POST that may be sent twice.
    """

    name: str
    resource: str
    verb: str
    method: str
    path: str
    summary: str
    answer: type[T]
    description: str = ""
    permission: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: type[Any] | None = None
    safe_to_repeat: bool = False

    def request(self, arguments: Mapping[str, Any], body: Mapping[str, Any] | None = None) -> ApiRequest:
        """The request with these arguments, by the parameters' names on the wire; one that is None is left out.

        A POST with an Idempotency-Key is safe to repeat. Raises KeyError if a part of the path is missing.
        """
        named = {name: value for name, value in arguments.items() if value is not None}
        headers = _texts(self._in("header"), named)
        return ApiRequest(
            method=self.method,
            path=self.path.format_map({each.name: quote(str(named[each.name]), safe="") for each in self._in("path")}),
            params=_texts(self._in("query"), named),
            body=body,
            headers=headers,
            safe_to_repeat=self.safe_to_repeat or "Idempotency-Key" in headers,
        )

    def _in(self, place: str) -> Sequence[Parameter]:
        return [parameter for parameter in self.parameters if parameter.place == place]


def _texts(parameters: Sequence[Parameter], named: Mapping[str, Any]) -> Mapping[str, str]:
    return {each.name: _text(named[each.name]) for each in parameters if each.name in named}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
