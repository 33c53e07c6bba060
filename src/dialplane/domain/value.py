"""Values that cannot be invalid: every field names its rule, and a value applies them all when it is made."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from functools import cache, partial
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from dialplane.domain.errors import InvalidValue
from dialplane.domain.texts import parse_flag, parse_member

Rule = Callable[..., Any]
"""`rule(value, field=name)`: the value in its canonical form. Raises InvalidValue."""


class Value:
    """Base of the frozen dataclasses of this package: their fields are `Annotated[type, rule]`.

    A bool and an enum need no rule of their own. Making a value raises InvalidValue for the first field that breaks its
    rule or is of another type; every other is kept in its canonical form.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        cls: Any = type(self)  # mypy takes no class for hashable
        for name, rule in _rules(cls):
            value = getattr(self, name)
            canonical = applied(rule, value, field=name)
            if canonical is not value:
                object.__setattr__(self, name, canonical)


def applied(rule: Rule, value: Any, *, field: str) -> Any:
    """The value in its canonical form. Raises InvalidValue, also for a value of another type."""
    try:
        return rule(value, field=field)
    except (TypeError, AttributeError):
        raise InvalidValue(field, "invalid_type", "has a type that is not allowed here") from None


@cache
def types_of(cls: Any) -> Mapping[str, Any]:
    """Field -> its type without the rule, in the order of the dataclass."""
    hints = get_type_hints(cls)
    return {item.name: hints[item.name] for item in fields(cls)}


@cache
def _rules(cls: Any) -> tuple[tuple[str, Rule], ...]:
    hints = get_type_hints(cls, include_extras=True)
    rules = ((item.name, _rule(hints[item.name])) for item in fields(cls))
    return tuple((name, rule) for name, rule in rules if rule is not None)


def _rule(hint: Any) -> Rule | None:
    if get_origin(hint) is Annotated:
        rule: Rule = get_args(hint)[1]
        return rule
    if hint is bool:
        return parse_flag
    return partial(parse_member, among=hint) if isinstance(hint, type) and issubclass(hint, StrEnum) else None
