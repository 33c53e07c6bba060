"""Events of every kind, drawn from the contract itself: each field within its type and bounds."""

from typing import Any, get_args

from hypothesis import strategies as st
from msgspec import UNSET, inspect

from dialplane.eventlog.kinds import AnyEvent, Event

KINDS: tuple[type[Event], ...] = get_args(AnyEvent)
IDS = frozenset({"id", "call", "provider_id", "route_id", "customer_id", "trunk_id"})
MAY_BE_ABSENT = frozenset({"calls_shed", "shed_percent", "events_lost", "identity", "routing_number"})
"""Fields that may be absent (UNSET); msgspec's description of a type leaves that out."""


def kind_of(kind: type[Event]) -> str:
    """The word that tells its events from those of other kinds."""
    return str(kind.__struct_config__.tag)


def events(kind: type[Event]) -> st.SearchStrategy[Any]:
    """Events of this kind."""
    return _structs(inspect.type_info(kind))


def _structs(struct: Any) -> st.SearchStrategy[Any]:
    return st.builds(struct.cls, **{field.name: _field(field) for field in struct.fields})


def _field(field: inspect.Field) -> st.SearchStrategy[Any]:
    text = st.uuids().map(str) if field.name in IDS else st.text(max_size=40)
    drawn = _values(field.type, text)
    return drawn | st.just(UNSET) if field.name in MAY_BE_ABSENT else drawn


def _values(type_: inspect.Type, text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    match type_:
        case inspect.Metadata(type=inner):
            return _values(inner, text)
        case inspect.IntType(ge=least, le=most):
            return st.integers(-(1 << 62) if least is None else least, 1 << 62 if most is None else most)
        case inspect.StrType(pattern=str(pattern)):
            return st.from_regex(pattern, fullmatch=True)
        case inspect.StrType():
            return text
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.UnionType(types=types):
            return st.one_of([_values(each, text) for each in types])
        case inspect.VarTupleType(item_type=item):
            return st.lists(_values(item, text), max_size=3).map(tuple)
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_values(key, text), _values(value, text), max_size=5)
        case inspect.StructType():
            return _structs(type_)
    raise NotImplementedError(type_)
