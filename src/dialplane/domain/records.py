"""Objects as plain records (every field, instants as integers) and back: the form of the feed and of revisions."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

from dialplane.domain.value import types_of

T = TypeVar("T")

_SCALARS = frozenset({str, int, bool, type(None)})


def record_of(value: Any) -> dict[str, Any]:
    """The dataclass's fields as JSON-ready values; mappings with integer keys get string keys."""
    return {name: _plain(getattr(value, name)) for name in types_of(value.__class__)}


def fields_of(cls: Any, record: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a record as the fields of the class hold them: enums, tuples, integer keys.

    Applies no rule. Fields that the class does not know are left out: they are a newer writer's.
    """
    values = {name: record[name] for name in types_of(cls) if name in record}
    for name, convert in _conversions(cls):
        if name in values:
            values[name] = convert(values[name])
    return values


def from_record(cls: type[T], record: Mapping[str, Any]) -> T:
    """The object of this class that `record_of` turned into this record.

    Raises InvalidValue if a value breaks its rule, TypeError if a required field is missing.
    """
    any_class: Any = cls
    return cls(**fields_of(any_class, record))


@cache
def _conversions(cls: Any) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    conversions = ((name, _conversion(type_)) for name, type_ in types_of(cls).items())
    return tuple((name, conversion) for name, conversion in conversions if conversion is not None)


def _conversion(type_: Any) -> Callable[[Any], Any] | None:
    if isinstance(type_, type) and issubclass(type_, StrEnum):
        members = {member.value: member for member in type_}
        return lambda word: members.get(word, word)
    if get_origin(type_) is Sequence:
        return tuple
    return _with_integer_keys if get_origin(type_) is Mapping and get_args(type_)[0] is int else None


def _with_integer_keys(value: Mapping[str, Any]) -> dict[int, Any]:
    return {int(key): item for key, item in value.items()}


def _plain(value: Any) -> Any:
    if type(value) in _SCALARS:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
