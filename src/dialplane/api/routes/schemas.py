"""Schemas of routes: the ten fields of the contract, and extensions that are answered only if used."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from dialplane.api.http.fields import (
    Body,
    DetailText,
    Id,
    Name,
    ObjectBody,
    OwnerId,
    among,
    instant_or,
    longest,
    matching,
    optional,
    within,
    within_or_null,
)
from dialplane.api.http.query import Flag, PageSize, decimal, ids, several
from dialplane.api.http.schemas import AnsweredId, AnsweredInstant, Presenter
from dialplane.control.dialroutes import MatchingRoute
from dialplane.control.routes import SORTS, STATES
from dialplane.domain.filter import MAX_FILTER
from dialplane.domain.instants import NEVER
from dialplane.domain.kinds import ROUTE
from dialplane.domain.route import MAX_PRIORITY, MAX_WEIGHT, Route, state_at
from dialplane.domain.target import parse_number, parse_target

Priority = Annotated[
    int, within(0, MAX_PRIORITY), Field(description="Lower is tried first; 1 is the documented highest.")
]
Target = Annotated[
    str,
    matching(parse_target, r"^(all|\+[1-9][0-9]{0,14})$"),
    Field(description="`+` and the first digits of the numbers it matches, or `all`."),
]

_CREATED: dict[str, Any] = {
    "customer_id": "00000000-0000-0000-0000-000000000001",
    "provider_id": "4dbeabd6-f397-4375-95d2-a38411e07ed1",
    "priority": 1,
    "target": "+82",
}
EXPANDED = ("provider", "customer")
STATE = "state"
EARLIER, LATER = "earlier", "later"
NUMBER = r"^\+[1-9][0-9]{0,14}$"
ORDERS = tuple(f"{sign}{key}" for key in SORTS for sign in ("", "-"))
MOST_PROVIDERS = 50
"""Providers of one filter."""

MOST_IDS = 100
"""Routes of one filter: their ids fit into an address that proxies take."""

RouteIds = Annotated[tuple[str, ...], ids(MOST_IDS)]

EXAMPLE: dict[str, Any] = {
    "id": "491b6858-5357-11ed-b753-8fd49cd36340",
    "customer_id": "00000000-0000-0000-0000-000000000001",
    "name": "Default route",
    "detail": "System default route for all destinations",
    "provider_id": "4dbeabd6-f397-4375-95d2-a38411e07ed1",
    "priority": 1,
    "target": "all",
    "tm_create": "2022-10-22 16:16:16.874761",
    "tm_update": "2022-10-22 16:16:16.874761",
    "tm_delete": "9999-01-01 00:00:00.000000",
}


class RouteUpdate(ObjectBody):
    """The fields to change; the others stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"priority": 2}]})
    KIND: ClassVar = ROUTE

    customer_id: OwnerId = optional("Must be the route's own, if given.")
    name: Name = optional()
    detail: DetailText = optional()
    provider_id: Id = optional()
    priority: Priority = optional()
    target: Target = optional()
    enabled: bool = optional("A route that is not enabled is skipped, with a reason.")
    weight: Annotated[int | None, within_or_null(1, MAX_WEIGHT)] = optional(
        "Share of the calls among routes of equal priority; null for none."
    )
    valid_from: Annotated[int, instant_or(0)] = optional("Not a candidate before; null for always.")
    valid_until: Annotated[int, instant_or(NEVER)] = optional("Not a candidate from then on; null for always.")


class RouteCreate(RouteUpdate):
    """A new route."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CREATED]})

    customer_id: OwnerId = Field(
        description="Whose calls; 00000000-0000-0000-0000-000000000001 for everybody's; empty for the caller's own."
    )
    provider_id: Id
    priority: Priority
    target: Target


class RouteMove(Body):
    """Where a route goes among those of its customer to its target."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": EARLIER}]})

    to: Annotated[str, among(EARLIER, LATER)] = Field(description="By one place, which routes of equal priority share.")
    past: Id = optional("A route of the same customer to the same target: before it, or after it, at once.")


class RouteList(PageSize):
    """Filters of the list of routes."""

    page_token: Annotated[str, longest(128)] = optional(
        "`next_page_token` of the page before, in the same order; without `sort` also an instant as RFC 3339 has it."
    )
    id: RouteIds = optional("Only those with one of these ids.")
    customer_id: Id = optional("Only this customer's.")
    provider_id: Annotated[tuple[str, ...], ids(MOST_PROVIDERS)] = optional("Only those to one of these providers.")
    target: Target = optional("Only those with exactly this target.")
    target_prefix: Annotated[str, matching(parse_number, NUMBER)] = optional("Only those whose target begins so.")
    covers: Annotated[str, matching(parse_number, NUMBER)] = optional("Only those whose target matches this number.")
    priority: Annotated[int, decimal(0, MAX_PRIORITY)] = optional("Only those of this priority.")
    enabled: Flag = optional("Only those that are enabled, or that are not.")
    state: Annotated[str, among(*STATES)] = optional(
        "Only those that are so now: `live`, `disabled`, `not_yet` valid, `expired`."
    )
    q: Annotated[str, longest(64)] = optional(
        "Only those whose name (in whatever case), target or id begins so; of an id 8 characters at least."
    )
    filter: Annotated[str, longest(MAX_FILTER)] = optional(
        "Only those that all its terms mean, like `provider:bics -customer:acme target:+44* priority:<3 is:disabled "
        "updated:<7d`; see the documentation of routes."
    )
    sort: Annotated[str, among(*ORDERS)] = optional(
        "The order; `-` before it: from the greatest on. Newest first by default."
    )
    count: Annotated[str, among("estimate")] = optional("Add `count`: exact up to 10,000, about so many beyond.")
    expand: Annotated[tuple[str, ...], several(*EXPANDED, STATE)] = Field(
        default_factory=tuple,
        description="Add `names`: the names of the objects of these kinds that are referred to, by id; "
        "`state`: what each route is now.",
    )


class RouteAnswer(BaseModel):
    """A route."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: AnsweredId
    customer_id: AnsweredId
    name: str
    detail: str
    provider_id: AnsweredId
    priority: int
    target: str
    enabled: bool = optional("Shown where false.")
    weight: int = optional("Shown where there is one.")
    valid_from: AnsweredInstant = optional()
    valid_until: AnsweredInstant = optional()
    state: Annotated[str, among(*STATES)] = optional("What it is at the time of the answer; with `expand=state`.")
    tm_create: AnsweredInstant
    tm_update: AnsweredInstant
    tm_delete: AnsweredInstant


present: Presenter[Route | MatchingRoute] = Presenter(RouteAnswer, Route)


def present_at(route: Route, *, now: int) -> dict[str, Any]:
    """A route, and what it is at this instant (us)."""
    return present(route, state=state_at(route, now))
