"""The list of routes as its query asks for it: filters, order, where the page begins, and where the next one does."""

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.query import parse_decimal
from dialplane.api.http.responses import timestamp
from dialplane.api.routes.schemas import RouteList
from dialplane.control import route_filter
from dialplane.control.actor import Actor
from dialplane.control.routes import After, Filters, Order
from dialplane.control.units import Unit
from dialplane.domain.errors import InvalidValue
from dialplane.domain.instants import parse_instant, parse_moment, parse_rfc3339
from dialplane.domain.target import parse_target

_BETWEEN = "~"
"""Between the value of the order's key and the instant of a token; no target has it."""


async def filters_of(unit: Unit, actor: Actor, query: RouteList, *, now: int) -> Filters:
    """The query's filters. Raises InvalidValue, Unavailable."""
    filters = Filters(
        ids=query.id,
        customer_id=query.customer_id,
        provider_ids=query.provider_id,
        target=query.target,
        target_prefix=query.target_prefix,
        covers=query.covers,
        priority=query.priority,
        enabled=query.enabled,
        state=query.state,
        text=query.q or None,
        now=now,
    )
    return await route_filter.meant(unit, actor, query.filter, filters) if query.filter else filters


def order_of(query: RouteList) -> Order:
    """The query's order: newest first by default."""
    if query.sort is None:
        return Order()
    return Order(query.sort.removeprefix("-"), descending=query.sort.startswith("-"))


def after(query: RouteList) -> After | None:
    """Where the query's page begins; None for the first. Raises ApiError 400."""
    if not query.page_token:
        return None
    value, between, instant = query.page_token.rpartition(_BETWEEN)
    key = order_of(query).key
    try:
        if bool(between) == (key == "tm_create"):
            raise InvalidValue("page_token", "other_order", "must be of a page in the same order")
        tm_create = parse_rfc3339(instant, field="") if "T" in instant.upper() else parse_instant(instant)
        return After(tm_create if not between else _parsed(value, key), tm_create)
    except InvalidValue as error:
        detail = Detail("page_token", error.code, error.message)
        raise ApiError(reasons.INVALID_REQUEST_PARAMETER, details=[detail]) from None


def _parsed(value: str, key: str) -> str | int:
    return parse_target(value) if key == "target" else parse_moment(parse_decimal(value), field="")


def token(begin: After | None, order: Order) -> str:
    """The token of the page that begins there; "" for none."""
    if begin is None:
        return ""
    instant = timestamp(begin.tm_create)
    return instant if order.key == "tm_create" else f"{begin.value}{_BETWEEN}{instant}"
