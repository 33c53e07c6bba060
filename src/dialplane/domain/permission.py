"""Who may do what: the roles. The table of role x operation is `dialplane.control.permissions`."""

SUPER_ADMIN = "project_super_admin"
CUSTOMER_ADMIN = "customer_admin"
CUSTOMER_MANAGER = "customer_manager"
EDGE = "edge"
PERMISSIONS = (SUPER_ADMIN, CUSTOMER_ADMIN, CUSTOMER_MANAGER, EDGE)
