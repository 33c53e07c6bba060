"""A customer: who calls belong to."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from dialplane.domain.errors import InvalidValue
from dialplane.domain.ids import Id
from dialplane.domain.instants import NEVER, Instant
from dialplane.domain.texts import Detail, Name, choice, text
from dialplane.domain.value import Value

WEBHOOK_METHODS = ("", "POST", "GET", "PUT", "DELETE")


class CustomerStatus(StrEnum):
    """FROZEN: the customer's calls are refused. DELETED follows from tm_delete."""

    ACTIVE = "active"
    FROZEN = "frozen"
    DELETED = "deleted"


ACTIVE, FROZEN, DELETED = STATUSES = tuple(CustomerStatus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer(Value):
    """`status` is DELETED exactly if the customer is deleted, whatever it was before."""

    id: Id
    name: Name = ""
    detail: Detail = ""
    email: Name = ""
    phone_number: Name = ""
    address: Annotated[str, text(1024)] = ""
    webhook_method: Annotated[str, choice(*WEBHOOK_METHODS)] = ""
    webhook_uri: Annotated[str, text(2048)] = ""
    status: CustomerStatus = CustomerStatus.ACTIVE
    tm_create: Instant = 0
    tm_update: Instant = NEVER
    tm_delete: Instant = NEVER

    def __post_init__(self) -> None:
        Value.__post_init__(self)
        if self.tm_delete != NEVER:
            object.__setattr__(self, "status", CustomerStatus.DELETED)
        elif self.status == CustomerStatus.DELETED:
            raise InvalidValue("status", "invalid_choice", "must be 'active' or 'frozen'; DELETE deletes a customer")
