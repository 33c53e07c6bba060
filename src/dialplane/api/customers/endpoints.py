"""`/v1.0/customers`, and `/v1.0/customer`: the caller's own."""

from typing import Annotated

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
from dialplane.api.http.answers import IfMatch, answer, changed, created, page, tm_create
from dialplane.api.http.asking import Asks
from dialplane.api.http.checks import body, query
from dialplane.api.http.once import Once
from dialplane.api.http.operation import ObjectId, operation
from dialplane.api.http.routing import resource
from dialplane.api.http.schemas import page_of
from dialplane.control import customers

router = resource("/v1.0/customers", tag="customers")
own = resource("/v1.0/customer", tag="customers")


@router.get(
    "",
    **operation(
        "listCustomers",
        "List customers",
        permission="customer.list",
        query=CustomerList,
        answer=page_of(CustomerAnswer),
    ),
)
async def list_customers(asks: Asks, asked: Annotated[CustomerList, query(CustomerList)]) -> Response:
    async with asks.read() as unit:
        found = await customers.list_(unit, asks.actor, **asked.listing())
    return page(found, present, token=tm_create)


@router.post(
    "",
    **operation(
        "createCustomer",
        "Create a customer",
        permission="customer.create",
        versioned=True,
        takes=CustomerCreate,
        answer=CustomerAnswer,
        repeatable=True,
    ),
)
async def create_customer(
    asks: Asks, given: Annotated[CustomerCreate, body(CustomerCreate)], attempted: Once
) -> Response:
    async with asks.change("customer.create") as unit:
        if (earlier := await attempted.before(unit)) is not None:
            return earlier
        made = await customers.create(unit, asks.actor, given.named())
        return await attempted.keep(unit, created(present(made), unit))


@router.get(
    "/{id}",
    **operation(
        "getCustomer",
        "Get a customer, deleted ones too",
        permission="customer.get",
        versioned=True,
        answer=CustomerAnswer,
        refuses=[reasons.INVALID_ID, reasons.CUSTOMER_NOT_FOUND],
    ),
)
async def get_customer(asks: Asks, id_: ObjectId) -> Response:
    async with asks.read() as unit:
        found = await customers.get(unit, asks.actor, id_)
    return answer(present(found), version=unit.version_of(id_))


@router.put(
    "/{id}",
    **operation(
        "updateCustomer",
        "Change a customer",
        permission="customer.update",
        versioned=True,
        takes=CustomerUpdate,
        answer=CustomerAnswer,
        refuses=[reasons.CUSTOMER_NOT_FOUND, reasons.STATE_INVALID, reasons.PROTECTED_OBJECT, reasons.VERSION_MISMATCH],
    ),
)
async def update_customer(
    asks: Asks, id_: ObjectId, given: Annotated[CustomerUpdate, body(CustomerUpdate)], version: IfMatch
) -> Response:
    async with asks.change("customer.update") as unit:
        made = await customers.update(unit, asks.actor, id_, given.named(), if_version=version)
    return changed(present(made), unit)


@router.delete(
    "/{id}",
    **operation(
        "deleteCustomer",
        "Delete a customer; again answers the same",
        permission="customer.delete",
        versioned=True,
        answer=CustomerAnswer,
        refuses=[
            reasons.INVALID_ID,
            reasons.CUSTOMER_NOT_FOUND,
            reasons.STORAGE_FULL,
            reasons.PROTECTED_OBJECT,
            reasons.VERSION_MISMATCH,
        ],
    ),
)
async def delete_customer(asks: Asks, id_: ObjectId, version: IfMatch) -> Response:
    async with asks.change("customer.delete") as unit:
        made = await customers.delete(unit, asks.actor, id_, if_version=version)
    return changed(present(made), unit)


@own.get(
    "",
    **operation(
        "getOwnCustomer",
        "Get the caller's own customer",
        permission="customer.get_own",
        versioned=True,
        answer=CustomerAnswer,
    ),
)
async def get_own_customer(asks: Asks) -> Response:
    async with asks.read() as unit:
        found = await customers.get_own(unit, asks.actor)
    return answer(present(found), version=unit.version_of(found.id))


@own.put(
    "",
    **operation(
        "updateOwnCustomer",
        "Change the caller's own customer",
        permission="customer.update_own",
        versioned=True,
        takes=OwnCustomerUpdate,
        answer=CustomerAnswer,
        refuses=[reasons.STATE_INVALID, reasons.VERSION_MISMATCH],
    ),
)
async def update_own_customer(
    asks: Asks, given: Annotated[OwnCustomerUpdate, body(OwnCustomerUpdate)], version: IfMatch
) -> Response:
    async with asks.change("customer.update_own") as unit:
        made = await customers.update_own(unit, asks.actor, given.named(), if_version=version)
    return changed(present(made), unit)
