"""The kinds of objects that operators keep: one row for each noun, read by every room that treats all kinds alike.

Which fields may be set follows from the class: all but those that the service sets. A new noun is its class and its row
here; tests/test_kinds.py names what else it lacks.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import MISSING, dataclass, field
from dataclasses import fields as fields_of_class
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar, get_origin

from dialplane.domain.accesskey import AccessKey
from dialplane.domain.agent import Agent
from dialplane.domain.customer import Customer
from dialplane.domain.hostname import parse_hostname
from dialplane.domain.provider import Provider
from dialplane.domain.region import parse_region
from dialplane.domain.route import Route
from dialplane.domain.trunk import Trunk, parse_allowed_ips
from dialplane.domain.value import Rule, types_of

LIFE = frozenset({"id", "tm_create", "tm_update", "tm_delete"})
"""Fields of every object that only the service sets."""


class Object(Protocol):
    """The fields that objects of all kinds have."""

    def __init__(self, **fields: Any) -> None: ...
    @property
    def id(self) -> str: ...
    @property
    def tm_create(self) -> int: ...
    @property
    def tm_update(self) -> int: ...
    @property
    def tm_delete(self) -> int: ...


T = TypeVar("T", bound=Object)


@dataclass(frozen=True, kw_only=True, eq=False)
class Kind(Generic[T]):
    """A noun. `name`: in operations (`route.create`), revisions and the feed. `title`: in sentences.

    `collection`: its table, its path below /v1.0/ and its API folder.
    """

    name: str
    title: str
    collection: str
    cls: type[T]
    references: Mapping[str, str] = field(default_factory=lambda: {"customer_id": "customer"})
    """Field -> the kind of the object whose id it holds; None if it may refer to none."""
    owner: str | None = "customer_id"
    """The field with the customer that an object belongs to."""
    needed: Sequence[str] = ()
    """Fields without which none is created."""
    computed: Collection[str] = ()
    """Fields that are in no table, but in the records that edges get."""
    sealed: Collection[str] = ()
    """Secrets, encrypted in the table and in revisions, in no answer."""
    hashed: Collection[str] = ()
    """Hashes of secrets, in no answer."""
    service_set: Collection[str] = ()
    """Other fields that no request may set."""
    create_only: Collection[str] = ()
    """Fields that no update may set."""
    request_rules: Mapping[str, Rule] = field(default_factory=dict)
    """Field -> its rule for requests, if that is stricter than what stored objects may have."""
    argument_of: Mapping[str, str] = field(default_factory=dict)
    """Field -> the argument of a request that it is derived from, if that has another name."""
    second_names: Mapping[str, str] = field(default_factory=dict)
    """Field -> another name by which a request may set it, and answers show it."""
    labels: Sequence[str] = ("name",)
    """The fields that people know it by: the first of them that is not empty."""
    searched: Sequence[str] = ()
    """The fields in which a search looks for a text; none of routes, of which there are too many."""
    in_bulk: bool = False
    """Whether `POST /v1.0/changes` takes it. Credentials are created one at a time."""
    in_feed: bool = False
    """Whether the edges get it."""
    for_edge: Callable[[T], T] | None = None
    """As much of the object as an edge may know; all of it if None."""
    changes_callers: bool = False
    """Whether a change of one may change what a credential stands for."""

    @cached_property
    def types(self) -> Mapping[str, Any]:
        """Field -> its type, in the order of records and revisions."""
        return types_of(self.cls)

    @property
    def fields(self) -> Collection[str]:
        """All fields, in that order."""
        return self.types.keys()

    @cached_property
    def settable(self) -> frozenset[str]:
        """The fields that a create may set."""
        return frozenset(self.fields) - LIFE - {*self.computed, *self.service_set}

    @cached_property
    def changeable(self) -> frozenset[str]:
        """The fields that an update may set; `customer_id` only to what it is already."""
        return self.settable - frozenset(self.create_only)

    @cached_property
    def secret(self) -> frozenset[str]:
        """The fields that are masked in revisions and in no answer."""
        return frozenset({*self.sealed, *self.hashed})

    @cached_property
    def secret_arguments(self) -> frozenset[str]:
        """The secrets that a request may set, by their names there."""
        return frozenset(self.argument_of.get(name, name) for name in self.secret & self.settable)

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """Field -> its default, of those that a create may set or leave out."""
        any_class: Any = self.cls
        parts = {part.name: part for part in fields_of_class(any_class) if part.name in self.settable}
        made = {name: part.default_factory() for name, part in parts.items() if part.default_factory is not MISSING}
        return made | {name: part.default for name, part in parts.items() if part.default is not MISSING}

    @cached_property
    def flags(self) -> Sequence[str]:
        """The fields that are true or false."""
        return tuple(name for name, type_ in self.types.items() if type_ is bool)

    @cached_property
    def documents(self) -> Sequence[str]:
        """The fields that hold a list or a mapping."""
        return tuple(name for name, type_ in self.types.items() if get_origin(type_) in (Sequence, Mapping))

    @property
    def owned_by_default(self) -> bool:
        """Whether an object that names no customer belongs to the customer of whoever creates it."""
        return self.owner in self.references and self.owner not in self.needed

    def label_of(self, value: Any) -> str:
        """What people know an object by, or a row with its `labels`; "" if it has nothing of the kind."""
        return next((text for name in self.labels if (text := getattr(value, name))), "")

    def owner_of(self, value: T) -> str | None:
        """The customer that the object belongs to; None for a kind that belongs to no customer."""
        return None if self.owner is None else getattr(value, self.owner)


CUSTOMER: Kind[Customer] = Kind(
    name="customer",
    title="customer",
    collection="customers",
    cls=Customer,
    references={},
    owner="id",
    searched=("name", "email"),
    in_bulk=True,
    in_feed=True,
    changes_callers=True,
)
PROVIDER: Kind[Provider] = Kind(
    name="provider",
    title="provider",
    collection="providers",
    cls=Provider,
    references={},
    owner=None,
    needed=("type", "hostname"),
    labels=("name", "hostname"),
    searched=("name", "hostname"),
    request_rules={"hostname": parse_hostname},
    sealed=("password",),
    in_bulk=True,
    in_feed=True,
)
TRUNK: Kind[Trunk] = Kind(
    name="trunk",
    title="trunk",
    collection="trunks",
    cls=Trunk,
    request_rules={"allowed_ips": parse_allowed_ips, "default_region": parse_region},
    computed=("ha1",),
    sealed=("password",),
    labels=("name", "domain_name"),
    searched=("name", "domain_name", "username", "allowed_ips"),
    in_bulk=True,
    in_feed=True,
    for_edge=Trunk.for_edge,
)
ROUTE: Kind[Route] = Kind(
    name="route",
    title="route",
    collection="routes",
    cls=Route,
    references={"customer_id": "customer", "provider_id": "provider"},
    needed=("provider_id", "priority", "target"),
    labels=("name", "target"),
    in_bulk=True,
    in_feed=True,
)
ACCESSKEY: Kind[AccessKey] = Kind(
    name="accesskey",
    title="access key",
    collection="accesskeys",
    cls=AccessKey,
    needed=("tm_expire",),
    labels=("name", "token_prefix"),
    searched=("name", "token_prefix"),
    hashed=("token_hash",),
    service_set=("token_prefix", "token_hash"),
    create_only=("tm_expire", "permission", "edge"),
    argument_of={"tm_expire": "expire"},
    second_names={"permission": "role"},
    changes_callers=True,
)
AGENT: Kind[Agent] = Kind(
    name="agent",
    title="agent",
    collection="agents",
    cls=Agent,
    needed=("username", "permission", "password_hash"),
    labels=("name", "username"),
    searched=("name", "username"),
    hashed=("password_hash",),
    argument_of={"password_hash": "password"},
    second_names={"permission": "role"},
    changes_callers=True,
)

KINDS: Mapping[str, Kind[Any]] = {kind.name: kind for kind in (CUSTOMER, PROVIDER, TRUNK, ROUTE, ACCESSKEY, AGENT)}
"""In the order in which an edge gets them: no kind before one that it refers to."""


def depth(kind: Kind[Any]) -> int:
    """How many objects refer to one another, at most, from an object of this kind on."""
    return max((1 + depth(KINDS[name]) for name in kind.references.values()), default=0)
