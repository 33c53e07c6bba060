"""Who may do what: the roles. The table of role x operation is `dialplane.control.permissions`."""

from enum import StrEnum


class Permission(StrEnum):
    """The role of an agent or an access key. `EDGE` is for access keys alone."""

    SUPER_ADMIN = "project_super_admin"
    CUSTOMER_ADMIN = "customer_admin"
    CUSTOMER_MANAGER = "customer_manager"
    EDGE = "edge"


SUPER_ADMIN, CUSTOMER_ADMIN, CUSTOMER_MANAGER, EDGE = PERMISSIONS = tuple(Permission)
