"""`/v1.0/customers`, and `/v1.0/customer`: the caller's own."""

from starlette.responses import Response

from dialplane.api.customers.schemas import (
    CustomerAnswer,
    CustomerCreate,
    CustomerList,
    CustomerUpdate,
    OwnCustomerUpdate,
    present,
)
from dialplane.api.http import reasons
from dialplane.api.http.plain import Plain
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import ObjectId, Resource
from dialplane.api.http.responses import JsonResponse, updated
from dialplane.control import customers
from dialplane.domain.customer import CustomerStatus
from dialplane.domain.kinds import CUSTOMER

CUSTOMERS = Resource.of(CUSTOMER, CustomerAnswer)
OWN_CUSTOMER = Resource("/v1.0/customer", tag="customers", kind="customer")

_PLAIN = Plain(CUSTOMERS, customers.USE_CASES, present)
_PLAIN.list(CustomerList)
_PLAIN.create(CustomerCreate)
_PLAIN.get()
_PLAIN.update(CustomerUpdate, refuses=[reasons.PROTECTED_OBJECT])
_PLAIN.delete(refuses=[reasons.PROTECTED_OBJECT])


def _status(verb: str, status: CustomerStatus, *, summary: str) -> None:
    @CUSTOMERS.endpoint(
        "POST",
        f"/{{id}}/{verb}",
        operation_id=f"{verb}Customer",
        summary=summary,
        permission="customer.update",
        answer=CustomerAnswer,
        is_versioned=True,
        refuses=[reasons.STATE_INVALID, reasons.PROTECTED_OBJECT],
    )
    async def set_status(request: AuthenticatedRequest, id_: ObjectId) -> Response:
        async with request.change() as unit:
            customer = await customers.update(unit, request.actor, id_, {"status": status})
        return updated(present(customer), unit)


_status("freeze", CustomerStatus.FROZEN, summary="Refuse a customer's people, keys and calls")
_status("recover", CustomerStatus.ACTIVE, summary="Serve a frozen customer again")


@OWN_CUSTOMER.endpoint(
    "GET",
    summary="Get the caller's own customer",
    permission="customer.get_own",
    answer=CustomerAnswer,
    is_versioned=True,
)
async def get_own_customer(request: AuthenticatedRequest) -> Response:
    async with request.read() as unit:
        customer = await customers.get_own(unit, request.actor)
    return JsonResponse(present(customer), version=unit.version_of(customer.id))


@OWN_CUSTOMER.endpoint(
    "PUT",
    summary="Change the caller's own customer",
    permission="customer.update_own",
    answer=CustomerAnswer,
    is_versioned=True,
    refuses=[reasons.STATE_INVALID],
)
async def update_own_customer(
    request: AuthenticatedRequest, body: OwnCustomerUpdate, if_version: int | None
) -> Response:
    async with request.change() as unit:
        if body.repeats:
            body.require_as_stored(present(await customers.get_own(unit, request.actor)))
        customer = await customers.update_own(unit, request.actor, body.named_fields(), if_version=if_version)
    return updated(present(customer), unit)
