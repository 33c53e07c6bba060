"""Schemas of bulk changes: each item is checked by the rules of its own resource."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from dialplane.api.customers.schemas import CustomerCreate, CustomerUpdate
from dialplane.api.http.errors import ApiError, error_of_change
from dialplane.api.http.fields import Body, BodySize, among, longest, optional, within
from dialplane.api.http.query import Flag, Query
from dialplane.api.http.schemas import AnsweredId
from dialplane.api.providers.destinations import check_hostname
from dialplane.api.providers.schemas import ProviderCreate, ProviderUpdate
from dialplane.api.revisions.schemas import ObjectChangeAnswer, present_change
from dialplane.api.routes.schemas import RouteCreate, RouteUpdate
from dialplane.api.trunks.schemas import TrunkCreate, TrunkUpdate
from dialplane.control.bulk import ACTIONS, CREATE, DELETE, KINDS, MAX_CHANGES, REFERENCES, UPDATE, Item
from dialplane.control.revisions import Revision
from dialplane.domain.errors import InvalidValue
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER, parse_id
from dialplane.engine.destinations import Destinations
from dialplane.system.turns import in_turns

_BODIES: Mapping[str, Mapping[str, type[Body]]] = {
    "customer": {CREATE: CustomerCreate, UPDATE: CustomerUpdate},
    "provider": {CREATE: ProviderCreate, UPDATE: ProviderUpdate},
    "route": {CREATE: RouteCreate, UPDATE: RouteUpdate},
    "trunk": {CREATE: TrunkCreate, UPDATE: TrunkUpdate},
}
_EXAMPLE: dict[str, Any] = {
    "changes": [
        {"action": "create", "kind": "provider", "ref": "new", "fields": {"type": "sip", "hostname": "sip.b.example"}},
        {
            "action": "create",
            "kind": "route",
            "fields": {
                "customer_id": SYSTEM_DEFAULT_CUSTOMER,
                "provider_id": "@new",
                "priority": 2,
                "target": "+82",
            },
        },
    ]
}


class ChangeBody(Body):
    """One change."""

    action: Annotated[str, among(*ACTIONS)]
    kind: Annotated[str, among(*KINDS)]
    id: Annotated[str, longest(255)] = optional("Of the object, or `@ref`; for updates and deletes.")
    fields: dict[str, Any] = optional("As in the body of the resource's own POST or PUT.")
    if_version: Annotated[int, within(0, 2**63 - 1)] = optional("Only if the object's ETag holds this number.")
    force: bool = optional("For a provider: delete its routes along with it.")
    ref: Annotated[str, longest(255)] = optional("Names what a create makes; later changes say `@ref` for its id.")


class ChangesBody(Body):
    """Changes, carried out in order; all or none."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})
    SIZE: ClassVar = BodySize.CHANGES

    changes: Annotated[list[ChangeBody], Field(min_length=1, max_length=MAX_CHANGES, fail_fast=True)]


class DryRun(Query):
    """Whether it is only tried."""

    dry_run: Flag = Field(default=False, description="Answer what would change, and change nothing.")


class ChangesAnswer(BaseModel):
    """The result of a list of changes."""

    revision: Annotated[int | None, Field(description="The revision that it made; null for a dry run.")]
    ids: Annotated[list[AnsweredId], Field(description="The objects, in the order of the changes.")]
    changes: list[ObjectChangeAnswer] = optional("What would change (the first 1,000); for a dry run.")


def items_of(body: ChangesBody, destinations: Destinations) -> Iterator[Item]:
    """The changes as control takes them. Raises ApiError that names the change and its field.

    Removes each from the body before the next, so that none of 200,000 is in memory twice.
    """
    body.changes.reverse()
    for index in range(len(body.changes)):
        change = body.changes.pop()
        try:
            item = _item(change)
            if item.kind == "provider" and "hostname" in item.fields:
                check_hostname(item.fields["hostname"], destinations)
        except (ApiError, InvalidValue) as error:
            raise error_of_change(index, error) from None
        yield item


def _item(change: ChangeBody) -> Item:
    return Item(
        action=change.action,
        kind=change.kind,
        id=_id(change.id or ""),
        fields={} if change.action == DELETE else _fields(change),
        if_version=change.if_version,
        force=bool(change.force),
        ref=change.ref or "",
    )


def _id(text: str) -> str:
    return text if not text or text.startswith("@") else parse_id(text)


def _fields(change: ChangeBody) -> Mapping[str, Any]:
    model, fields = _BODIES[change.kind][change.action], change.fields or {}
    refs = {name: fields[name] for name in REFERENCES if _is_reference(fields.get(name))}
    checked = model.of({**fields, **dict.fromkeys(refs, SYSTEM_DEFAULT_CUSTOMER)} if refs else fields)
    return checked.named_fields() | refs


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and value.startswith("@")


def present(ids: Sequence[str], *, revision: int) -> dict[str, Any]:
    """The objects that were changed, and the revision."""
    return {"revision": revision, "ids": ids}


async def present_dry_run(ids: Sequence[str], revision: Revision) -> dict[str, Any]:
    """The changes of the revision that a dry run did not commit."""
    return {"revision": None, "ids": ids, "changes": await in_turns(revision.changes, present_change)}
