"""A customer: who calls belong to."""

from dataclasses import dataclass

from dialplane.domain.ids import parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.texts import parse_choice, parse_detail, parse_name, parse_text

ACTIVE = "active"
FROZEN = "frozen"
DELETED = "deleted"
STATUSES = (ACTIVE, FROZEN, DELETED)
WEBHOOK_METHODS = ("", "POST", "GET", "PUT", "DELETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """`status` frozen refuses the customer's calls; deleted follows tm_delete."""

    id: str
    name: str = ""
    detail: str = ""
    email: str = ""
    phone_number: str = ""
    address: str = ""
    webhook_method: str = ""
    webhook_uri: str = ""
    status: str = ACTIVE
    tm_create: int = 0
    tm_update: int = NEVER
    tm_delete: int = NEVER

    def __post_init__(self) -> None:
        parse_id(self.id)
        parse_name(self.name)
        parse_detail(self.detail)
        parse_name(self.email, field="email")
        parse_name(self.phone_number, field="phone_number")
        parse_text(self.address, field="address", longest=1024)
        parse_choice(self.webhook_method, field="webhook_method", among=WEBHOOK_METHODS)
        parse_text(self.webhook_uri, field="webhook_uri", longest=2048)
        parse_choice(self.status, field="status", among=STATUSES)
