"""Objects as plain records (every field, instants as integers) and back: the form of the feed and of revisions."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from dialplane.domain.accesskey import AccessKey
from dialplane.domain.agent import Agent
from dialplane.domain.customer import Customer
from dialplane.domain.provider import Provider
from dialplane.domain.route import Route
from dialplane.domain.trunk import Trunk

KINDS: Mapping[str, type[Any]] = {
    "customer": Customer,
    "provider": Provider,
    "route": Route,
    "trunk": Trunk,
    "accesskey": AccessKey,
    "agent": Agent,
}

T = TypeVar("T")

_NAMES: dict[type[Any], tuple[str, ...]] = {}
_SCALARS = frozenset({str, int, bool, type(None)})


def record_of(value: Any) -> dict[str, Any]:
    """The dataclass's fields as JSON-ready values; mappings with integer keys get string keys."""
    return {name: _plain(getattr(value, name)) for name in _names(type(value))}


def from_record(kind: type[T], record: Mapping[str, Any]) -> T:
    """The object of this class that `record_of` gave. Fields it does not know are left out (a newer writer's).

    Raises InvalidValue where a value breaks its rule, TypeError where a required field is missing.
    """
    known = _names(kind)
    values = {name: value for name, value in record.items() if name in known}
    if "failover" in values:
        values["failover"] = {int(status): action for status, action in values["failover"].items()}
    return kind(**values)


def _names(kind: type[Any]) -> tuple[str, ...]:
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(item.name for item in fields(kind))
    return names


def _plain(value: Any) -> Any:
    if type(value) in _SCALARS:
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
