"""Resources: each declares its verbs; paths, permissions, checks, errors and documentation follow from them.

    ROUTES = Resource.of(ROUTE, RouteAnswer)

    @ROUTES.verb("update", refuses=[reasons.PROVIDER_NOT_FOUND])
    async def update_route(
        request: AuthenticatedRequest, id_: ObjectId, body: RouteUpdate, if_version: int | None
    ) -> Response: ...

A handler's signature declares what it takes: `query` and `body` by their models, `if_version` the version of If-Match,
any other parameter the part of the path with its name (a trailing underscore apart). Its name is the operationId.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, NamedTuple, Self, TypeVar, get_type_hints

from pydantic import BaseModel, Field, create_model

from dialplane.api.http import reasons
from dialplane.api.http.endpoint import Endpoint, Handler
from dialplane.api.http.fields import UUID_SCHEMA, Rule
from dialplane.api.http.query import Query
from dialplane.api.http.reasons import Reason
from dialplane.api.http.schemas import page_of
from dialplane.control.units import LISTS, REQUESTS, Work
from dialplane.domain.ids import parse_id
from dialplane.domain.kinds import Kind

H = TypeVar("H", bound=Handler)

ObjectId = Annotated[str, Rule(parse_id, UUID_SCHEMA), Field(description="The object's id.")]


class Verb(NamedTuple):
    """Properties of all endpoints of a verb. The summary takes the resource's noun."""

    method: str
    path: str
    summary: str
    is_versioned: bool = True
    is_repeatable: bool = False
    work: Work = REQUESTS
    refuses: tuple[Reason, ...] = ()


VERBS: Mapping[str, Verb] = {
    "list": Verb("GET", "", "List {nouns}", is_versioned=False, work=LISTS),
    "create": Verb("POST", "", "Create {a_noun}", is_repeatable=True),
    "get": Verb("GET", "/{id}", "Get {a_noun}, deleted ones too"),
    "update": Verb("PUT", "/{id}", "Change {a_noun}", refuses=(reasons.STATE_INVALID,)),
    "delete": Verb("DELETE", "/{id}", "Delete {a_noun}; again answers the same"),
}

_ALWAYS = (reasons.INVALID_REQUEST_PARAMETER, reasons.OVERLOADED, reasons.DATABASE_UNAVAILABLE, reasons.INTERNAL)
_AUTHENTICATED = (
    reasons.AUTHENTICATION_REQUIRED,
    reasons.INVALID_CREDENTIALS,
    reasons.PERMISSION_DENIED,
    reasons.CUSTOMER_FROZEN,
    reasons.RATE_LIMIT_EXCEEDED,
)
_WITH_BODY = (
    reasons.INVALID_JSON_BODY,
    reasons.INVALID_ARGUMENT,
    reasons.INVALID_ID,
    reasons.BODY_TOO_LARGE,
    reasons.UNSUPPORTED_MEDIA_TYPE,
    reasons.REQUEST_TIMEOUT,
)
_REPEATABLE = (
    reasons.INVALID_REQUEST_HEADER,
    reasons.IDEMPOTENCY_KEY_IN_PROGRESS,
    reasons.IDEMPOTENCY_KEY_REUSED,
)
_CONDITIONAL = (reasons.INVALID_REQUEST_HEADER, reasons.VERSION_MISMATCH)


class Resource:
    """The endpoints of one noun. `kind`: the noun in permissions and reasons; `noun`: in sentences."""

    def __init__(
        self, path: str = "", *, tag: str, kind: str = "", noun: str = "", answer: type[BaseModel] | None = None
    ) -> None:
        self.path = path
        self.tag = tag
        self.kind = kind
        self.answer = answer
        self.endpoints: list[Endpoint] = []
        noun = noun or kind
        self._words = {"nouns": f"{noun}s", "a_noun": f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"}

    @classmethod
    def of(cls, kind: Kind[Any], answer: type[BaseModel]) -> Self:
        """The endpoints of one row of domain/kinds.py."""
        path = f"/v1.0/{kind.collection}"
        return cls(path, tag=kind.collection, kind=kind.name, noun=kind.title, answer=answer)

    def verb(
        self,
        name: str,
        *,
        path: str = "",
        summary: str = "",
        operation_id: str = "",
        refuses: Iterable[Reason] = (),
    ) -> Callable[[H], H]:
        """Decorator: the handler of one of VERBS. `path` and `summary` if they are not the verb's."""
        verb = VERBS[name]

        def declare(handler: H) -> H:
            answer = self.answer
            if name == "list" and answer is not None:
                answer = page_of(answer, parameters=frozenset(_hints_of(handler)["query"].model_fields))
            return self.endpoint(
                verb.method,
                path or verb.path,
                summary=summary or verb.summary.format(**self._words),
                operation_id=operation_id,
                permission=f"{self.kind}.{name}",
                answer=answer,
                is_versioned=verb.is_versioned,
                is_repeatable=verb.is_repeatable,
                work=verb.work,
                refuses=[*verb.refuses, *refuses],
            )(handler)

        return declare

    def endpoint(
        self,
        method: str,
        path: str = "",
        *,
        summary: str,
        description: str = "",
        operation_id: str = "",
        permission: str | None = None,
        answer: type[BaseModel] | None = None,
        media_type: str = "",
        is_versioned: bool = False,
        is_repeatable: bool = False,
        work: Work = REQUESTS,
        refuses: Iterable[Reason] = (),
    ) -> Callable[[H], H]:
        """Decorator: the handler of any other endpoint. See `Endpoint` for the fields."""

        def declare(handler: H) -> H:
            hints = {name: hint for name, hint in _hints_of(handler).items() if name not in ("request", "return")}
            parts = {name: hint for name, hint in hints.items() if name not in ("query", "body", "if_version")}
            endpoint = Endpoint(
                method=method,
                path=self.path + path,
                handler=handler,
                arguments=frozenset(hints),
                operation_id=operation_id or _camel(handler.__name__),
                summary=summary,
                description=description,
                tag=self.tag,
                permission=permission,
                path_model=_path_model(parts) if parts else None,
                query=hints.get("query", Query),
                body=hints.get("body"),
                answer=answer,
                media_type=media_type,
                is_versioned=is_versioned,
                is_repeatable=is_repeatable,
                work=work,
                reasons=frozenset({*_ALWAYS, *refuses}),
            )
            self.endpoints.append(replace(endpoint, reasons=endpoint.reasons | self._implied_reasons(endpoint)))
            return handler

        return declare

    def _implied_reasons(self, endpoint: Endpoint) -> frozenset[Reason]:
        """Errors that follow from what an endpoint takes."""
        implied: list[Reason] = []
        if endpoint.permission is not None:
            implied += _AUTHENTICATED
        if endpoint.work.is_scan:
            implied.append(reasons.QUERY_TOO_LONG)
        if endpoint.method != "GET":
            implied += [reasons.STORAGE_FULL, reasons.SECRETS_MISSING]
            implied += [] if endpoint.permission is None else [reasons.INVALID_REQUEST_HEADER]
        if endpoint.body is not None:
            implied += _WITH_BODY
        if endpoint.is_repeatable:
            implied += _REPEATABLE
        if endpoint.is_conditional:
            implied += _CONDITIONAL
        if endpoint.path_model is not None:
            implied.append(reasons.NOT_FOUND_OF_KIND[self.kind])
            implied += [reasons.INVALID_ID] if "id_" in endpoint.path_model.model_fields else []
        return frozenset(implied)


def _hints_of(handler: Handler) -> dict[str, Any]:
    return get_type_hints(handler, include_extras=True)


def _path_model(parts: Mapping[str, Any]) -> type[Query]:
    fields: Any = {name: (hint, Field(alias=name.rstrip("_"))) for name, hint in parts.items()}
    model: type[Query] = create_model("PathParts", __base__=Query, **fields)
    return model


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
