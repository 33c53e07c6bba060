"""The author of a request: an agent's session, an access key, or Dialplane itself."""

from dataclasses import dataclass

from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.permission import CUSTOMER_ADMIN, CUSTOMER_MANAGER, SUPER_ADMIN

AGENT = "agent"
ACCESSKEY = "accesskey"
SYSTEM_KIND = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """`kind`: agent, accesskey or system. `permission`: one of domain.permission. `edge`: see AccessKey.

    The rest is for the audit.
    """

    kind: str
    id: str
    name: str
    customer_id: str
    permission: str
    edge: str = ""
    source_ip: str = ""
    request_id: str = ""

    @property
    def is_super_admin(self) -> bool:
        return self.permission == SUPER_ADMIN

    @property
    def caller(self) -> str:
        """Who this is to limits: people and keys of a customer are one caller, since it makes of them what it likes."""
        return caller_of(self.permission, customer_id=self.customer_id, id_=self.id)


def caller_of(permission: str, *, customer_id: str, id_: str) -> str:
    """The caller that an agent or an access key is."""
    return customer_id if permission in (CUSTOMER_ADMIN, CUSTOMER_MANAGER) else id_


SYSTEM = Actor(
    kind=SYSTEM_KIND,
    id="00000000-0000-0000-0000-000000000000",
    name="dialplane",
    customer_id=SYSTEM_DEFAULT_CUSTOMER,
    permission=SUPER_ADMIN,
)
"""Dialplane itself: first start, migrations, demo data."""
