"""Who may do what: one table of operation x role. Checks, docs and the test matrix all come from it."""

from collections.abc import Mapping
from enum import StrEnum

from dialplane.control.actor import Actor
from dialplane.domain.errors import DialplaneError, NotFound
from dialplane.domain.permission import CUSTOMER_ADMIN, CUSTOMER_MANAGER, EDGE, SUPER_ADMIN


class Scope(StrEnum):
    """The objects on which a role may carry out an operation: every customer's, or those of its own customer."""

    ANY = "any"
    OWN = "own"


class PermissionDenied(DialplaneError):
    """The actor's role may not carry out this operation on any object."""

    def __init__(self, operation: str) -> None:
        super().__init__(f"{operation} is not permitted")
        self.operation = operation


_ADMIN: Mapping[str, Scope] = {SUPER_ADMIN: Scope.ANY}
_OWN_ADMIN: Mapping[str, Scope] = {SUPER_ADMIN: Scope.ANY, CUSTOMER_ADMIN: Scope.OWN}
_OWN_EVERYONE: Mapping[str, Scope] = {SUPER_ADMIN: Scope.ANY, CUSTOMER_ADMIN: Scope.OWN, CUSTOMER_MANAGER: Scope.OWN}
_EVERYONE: Mapping[str, Scope] = {**_OWN_EVERYONE, EDGE: Scope.OWN}
_EDGE: Mapping[str, Scope] = {SUPER_ADMIN: Scope.ANY, EDGE: Scope.ANY}

TABLE: Mapping[str, Mapping[str, Scope]] = {
    "customer.create": _ADMIN,
    "customer.list": _ADMIN,
    "customer.get": _ADMIN,
    "customer.update": _ADMIN,
    "customer.delete": _ADMIN,
    "customer.get_own": _OWN_EVERYONE,
    "customer.update_own": _OWN_ADMIN,
    "agent.create": _OWN_ADMIN,
    "agent.list": _OWN_EVERYONE,
    "agent.get": _OWN_EVERYONE,
    "agent.update": _OWN_ADMIN,
    "agent.delete": _OWN_ADMIN,
    "agent.sessions": _OWN_ADMIN,
    "agent.logout": _OWN_ADMIN,
    "accesskey.create": _OWN_ADMIN,
    "accesskey.list": _OWN_EVERYONE,
    "accesskey.get": _OWN_EVERYONE,
    "accesskey.update": _OWN_ADMIN,
    "accesskey.delete": _OWN_ADMIN,
    "provider.create": _ADMIN,
    "provider.list": _ADMIN,
    "provider.get": _ADMIN,
    "provider.update": _ADMIN,
    "provider.absence": _ADMIN,
    "provider.targets": _ADMIN,
    "provider.delete": _ADMIN,
    "route.create": _ADMIN,
    "route.list": _OWN_EVERYONE,
    "route.get": _OWN_EVERYONE,
    "route.update": _ADMIN,
    "route.delete": _ADMIN,
    "trunk.create": _OWN_EVERYONE,
    "trunk.list": _OWN_EVERYONE,
    "trunk.get": _OWN_EVERYONE,
    "trunk.update": _OWN_ADMIN,
    "trunk.delete": _OWN_ADMIN,
    "trunk.trust": _ADMIN,
    "call.list": _OWN_EVERYONE,
    "call.get": _OWN_EVERYONE,
    "call.erase": _ADMIN,
    "dialroute.list": _OWN_EVERYONE,
    "stats.list": _OWN_EVERYONE,
    "search.list": _OWN_EVERYONE,
    "stream.read": _OWN_EVERYONE,
    "export.read": _OWN_EVERYONE,
    "job.create": _ADMIN,
    "job.list": _ADMIN,
    "job.get": _ADMIN,
    "job.cancel": _ADMIN,
    "me.get": _EVERYONE,
    "revision.list": _ADMIN,
    "revision.get": _ADMIN,
    "revision.undo": _ADMIN,
    "changes.apply": _ADMIN,
    "feed.read": _EDGE,
    "events.write": _EDGE,
    "edge.list": _ADMIN,
    "edge.get": _ADMIN,
    "edge.delete": _ADMIN,
    "edge.refusals": _ADMIN,
    "settings.get": _ADMIN,
    "testcall.place": _ADMIN,
    "demo.get": _ADMIN,
    "demo.update": _ADMIN,
}
"""operation -> role -> scope; a role without a scope may not carry out the operation at all."""


def require(actor: Actor, operation: str, *, customer_id: str | None = None, kind: str = "") -> Scope:
    """The scope in which the actor may carry out the operation.

    With a customer_id, the object (of `kind`, by default the operation's own noun) must be in that scope.
    Raises PermissionDenied if the role never may, NotFound(kind) if the object is another customer's.
    """
    scope = TABLE[operation].get(actor.permission)
    if scope is None:
        raise PermissionDenied(operation)
    if customer_id is not None and scope is Scope.OWN and customer_id != actor.customer_id:
        raise NotFound(kind or operation.partition(".")[0])
    return scope


def may(actor: Actor, operation: str) -> bool:
    """Whether the actor's role may carry out the operation on any object at all."""
    return actor.permission in TABLE[operation]


def operations_of(permission: str) -> list[str]:
    """The operations that a role may carry out on any object at all."""
    return [operation for operation, scopes in TABLE.items() if permission in scopes]


def require_edge(actor: Actor, operation: str, edge: str | None) -> str | None:
    """The edge that the actor speaks for: its key's, or else the one that the request names.

    Raises PermissionDenied if the key is bound to another edge than the request names.
    """
    if actor.edge and edge not in (None, actor.edge):
        raise PermissionDenied(operation)
    return actor.edge or edge


_GRANTS: Mapping[str, frozenset[str]] = {
    SUPER_ADMIN: frozenset({SUPER_ADMIN, CUSTOMER_ADMIN, CUSTOMER_MANAGER, EDGE}),
    CUSTOMER_ADMIN: frozenset({CUSTOMER_ADMIN, CUSTOMER_MANAGER}),
}
"""role -> the roles that it may grant, and whose holders it may change."""


def require_grantable(actor: Actor, permission: str, operation: str) -> None:
    """Raises PermissionDenied if the actor may neither grant this permission nor change its holders."""
    if permission not in _GRANTS.get(actor.permission, ()):
        raise PermissionDenied(operation)
