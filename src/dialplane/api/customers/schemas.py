"""Schemas of customers."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict

from dialplane.api.http.fields import DetailText, Name, ObjectBody, among, longest, optional
from dialplane.api.http.query import FilterText, Page, filtering
from dialplane.api.http.schemas import AnsweredId, AnsweredInstant, Presenter
from dialplane.control.list_filter import LIKE, WORDS
from dialplane.domain.customer import ACTIVE, FROZEN, STATUSES, WEBHOOK_METHODS, Customer
from dialplane.domain.kinds import CUSTOMER

EXAMPLE: dict[str, Any] = {
    "id": "5e4a0680-804e-11ec-8477-2fea5968d85b",
    "name": "Example Ltd",
    "detail": "",
    "email": "noc@customer.example",
    "phone_number": "+82221234567",
    "address": "",
    "webhook_method": "POST",
    "webhook_uri": "https://customer.example/events",
    "status": "active",
    "tm_create": "2022-10-22 16:16:16.874761",
    "tm_update": "9999-01-01 00:00:00.000000",
    "tm_delete": "9999-01-01 00:00:00.000000",
}


class OwnCustomerUpdate(ObjectBody):
    """The fields to change; the others stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "noc@customer.example"}]})
    KIND: ClassVar = CUSTOMER
    READ_ONLY: ClassVar = ObjectBody.READ_ONLY | {"status"}

    name: Name = optional()
    detail: DetailText = optional()
    email: Annotated[str, longest(255)] = optional()
    phone_number: Annotated[str, longest(255)] = optional()
    address: Annotated[str, longest(1024)] = optional()
    webhook_method: Annotated[str, among(*WEBHOOK_METHODS)] = optional()
    webhook_uri: Annotated[str, longest(2048)] = optional()


class CustomerUpdate(OwnCustomerUpdate):
    """The fields to change; the others stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "frozen"}]})
    READ_ONLY: ClassVar = ObjectBody.READ_ONLY

    status: Annotated[str, among(ACTIVE, FROZEN)] = optional("`frozen` refuses the customer's calls, people and keys.")


class CustomerCreate(CustomerUpdate):
    """A new customer."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Example Ltd", "email": "noc@customer.example"}]}
    )


class CustomerList(Page):
    """Which part of the list of customers."""

    filter: FilterText = filtering(WORDS["customer"], like=LIKE["customer"])


class CustomerAnswer(BaseModel):
    """A customer."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: AnsweredId
    name: str
    detail: str
    email: str
    phone_number: str
    address: str
    webhook_method: str
    webhook_uri: str
    status: Annotated[str, among(*STATUSES)]
    tm_create: AnsweredInstant
    tm_update: AnsweredInstant
    tm_delete: AnsweredInstant


present = Presenter(CustomerAnswer, Customer)
