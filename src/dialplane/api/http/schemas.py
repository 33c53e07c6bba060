"""Schemas of answers that all resources share, and presenters: a domain value as its schema shows it."""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from functools import cache
from operator import attrgetter
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, cast, get_origin

from pydantic import BaseModel, Field, WithJsonSchema, create_model
from pydantic.fields import FieldInfo

from dialplane.api.http.fields import INSTANT_SCHEMA, UUID_SCHEMA, optional
from dialplane.api.http.responses import timestamp

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")

AnsweredId = Annotated[str, WithJsonSchema(UUID_SCHEMA)]
AnsweredInstant = Annotated[str, WithJsonSchema(INSTANT_SCHEMA)]


class DetailAnswer(BaseModel):
    """One fault of a request."""

    field: Annotated[str, Field(description="The field, parameter or header.")]
    code: Annotated[str, Field(description="Stable snake_case word for programs.")]
    message: Annotated[str, Field(description="The rule, for people.")]


class ErrorBody(BaseModel):
    """Why a request was refused."""

    status: str
    reason: Annotated[str, Field(description="Stable UPPER_SNAKE word for programs; see the catalogue of reasons.")]
    message: str
    request_id: str
    details: list[DetailAnswer] = []


class Error(BaseModel):
    """Every refusal has this form."""

    error: ErrorBody


class CountAnswer(BaseModel):
    """How many objects the filters mean."""

    about: int
    exact: Annotated[bool, Field(description="Whether there are just so many.")]


NAMES = Annotated[dict[str, str], Field(description="With `expand`: id -> name, of those that the caller may know.")]


_ON_REQUEST: dict[str, Any] = {
    "expand": {"names": (NAMES, optional())},
    "count": {"count": (CountAnswer, optional("With `count`."))},
}
"""Parameter of a list -> what it adds to a page."""


@cache
def page_of(item: type[BaseModel], *, parameters: frozenset[str] = frozenset()) -> type[BaseModel]:
    """The schema of a page of these items, of a list that takes these parameters."""
    parts: Any = {
        "result": (GenericAlias(list, (item,)), Field(description="Newest first.")),
        "next_page_token": (
            str,
            Field(description="`page_token` of the next page; empty when this page is empty."),
        ),
    }
    for parameter, added in _ON_REQUEST.items():
        parts |= added if parameter in parameters else {}
    model: type[BaseModel] = create_model(
        item.__name__.replace("Answer", "Page"), __doc__=f"A page of a list. {item.__doc__}", **parts
    )
    return model


class Presenter(Generic[T]):
    """A value of the domain -> the JSON object that its answer schema describes.

    Each field is the attribute of the same name, or the keyword argument if there is one. Required fields come first,
    in the schema's order; an optional field is left out while it has the default that the domain gives it. Instants
    (us) become timestamps.
    """

    def __init__(self, answer: type[BaseModel], domain: type[T]) -> None:
        """`domain`: a dataclass with slots. T may be a union with other types that have its attributes."""
        dataclass_ = cast("type[DataclassInstance]", domain)
        defaults = {field.name: field.default for field in fields(dataclass_) if field.default is not MISSING}
        required = [name for name, field in answer.model_fields.items() if field.is_required()]
        self._template = dict.fromkeys(required)
        self._names = [name for name in required if hasattr(domain, name)]
        self._get = _getter_of(self._names)
        conversions = {name: _conversion_of(field) for name, field in answer.model_fields.items()}
        self._conversions = [(name, convert) for name in self._names if (convert := conversions[name])]
        optional_names = [name for name in answer.model_fields if name not in required and name in defaults]
        self._optional = [(name, defaults[name], conversions[name]) for name in optional_names]
        self._get_optional = _getter_of(optional_names)
        self._defaults = tuple(defaults[name] for name in optional_names)

    def __call__(self, value: T, **replaced: Any) -> dict[str, Any]:
        shown = self._template.copy()
        shown.update(zip(self._names, self._get(value), strict=True))
        for name, convert in self._conversions:
            shown[name] = convert(shown[name])
        if (parts := self._get_optional(value)) != self._defaults:
            for (name, default, convert_used), part in zip(self._optional, parts, strict=True):
                if part != default:
                    shown[name] = convert_used(part) if convert_used else part
        shown.update(replaced)
        return shown


def _getter_of(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Of the values of these attributes."""
    if len(names) < 2:  # attrgetter gives the value itself for one name, and takes no fewer
        return lambda value: tuple(getattr(value, name) for name in names)
    return attrgetter(*names)


def _conversion_of(field: FieldInfo) -> Callable[[Any], Any] | None:
    if field.metadata == [WithJsonSchema(INSTANT_SCHEMA)]:
        return timestamp
    if get_origin(field.annotation) is dict:
        return dict
    return bool if field.annotation is bool else None
