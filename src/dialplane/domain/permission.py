"""Who may do what: the roles. The table of role x operation is `dialplane.control.permissions`."""

from collections.abc import Mapping
from enum import StrEnum

from dialplane.domain.errors import InvalidValue
from dialplane.domain.texts import parse_member


class Permission(StrEnum):
    """The role of an agent or an access key. `EDGE` is for access keys alone."""

    SUPER_ADMIN = "project_super_admin"
    CUSTOMER_ADMIN = "customer_admin"
    CUSTOMER_MANAGER = "customer_manager"
    EDGE = "edge"


SUPER_ADMIN, CUSTOMER_ADMIN, CUSTOMER_MANAGER, EDGE = PERMISSIONS = tuple(Permission)

OF_CUSTOMERS = frozenset({CUSTOMER_ADMIN, CUSTOMER_MANAGER})
"""The roles that end while their customer is frozen; the others are the platform's."""

BITS: Mapping[str, int] = {SUPER_ADMIN: 0x1, CUSTOMER_ADMIN: 0x20, CUSTOMER_MANAGER: 0x40, EDGE: 0x100}
"""The permissions as clients of the contract's API write them: bits of an integer. That of edges is Dialplane's own."""

_OF_BITS = {bits: Permission(role) for role, bits in BITS.items()}


def parse_permission(value: object, *, field: str = "permission") -> Permission:
    """The role of these bits, or of this word. Raises InvalidValue, also for a combination of bits."""
    if isinstance(value, str):
        return parse_member(value, field=field, among=Permission)
    if type(value) is not int or value not in _OF_BITS:
        raise InvalidValue(field, "invalid_choice", "must be one of " + ", ".join(map(str, _OF_BITS)))
    return _OF_BITS[value]
