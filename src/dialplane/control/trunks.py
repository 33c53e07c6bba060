"""Trunks: a customer's ways in for calls. Two may share an address: the call's domain tells them apart."""

from collections.abc import Mapping
from typing import Any

from dialplane.control import claims, lifecycle, permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Change, Unit
from dialplane.domain.hostname import parse_domain_name
from dialplane.domain.ids import parse_id
from dialplane.domain.region import parse_region
from dialplane.domain.trunk import Trunk, parse_allowed_ips
from dialplane.store import objects
from dialplane.store.objects import TRUNKS

FIELDS = frozenset(
    {
        "customer_id",
        "name",
        "detail",
        "domain_name",
        "auth_types",
        "username",
        "password",
        "allowed_ips",
        "enabled",
        "mode",
        "max_channels",
        "max_cps",
        "default_region",
        "trusted_identity",
    }
)


async def create(unit: Change, actor: Actor, fields: Mapping[str, Any], *, id_: str | None = None) -> Trunk:
    """The new trunk, by default of the actor's customer.

    Raises InvalidValue, NotFound("customer"), TrunkAddressTaken.
    """
    fields = _clean(fields)
    _require_trust(actor, fields)
    customer_id = await lifecycle.owner_for_new(unit, actor, "trunk.create", fields)
    trunk = Trunk(id=id_ or lifecycle.new_id(), tm_create=unit.next_instant(), **{**fields, "customer_id": customer_id})
    await claims.require_free(unit, actor, trunk)
    return await objects.add(unit, TRUNKS, trunk)


async def get(unit: Unit, actor: Actor, id_: str) -> Trunk:
    """The trunk, deleted ones too (`tm_delete` tells). Raises NotFound."""
    return await lifecycle.obtain(unit, actor, "trunk.get", TRUNKS, id_)


async def list_(
    unit: Unit, actor: Actor, *, page_size: int = 100, before: int | None = None, customer_id: str | None = None
) -> list[Trunk]:
    """Live ones, newest first; `before` is the tm_create of the last one of the page before."""
    filters = {"customer_id": customer_id}
    return await lifecycle.page(unit, actor, "trunk.list", TRUNKS, page_size=page_size, before=before, filters=filters)


async def update(
    unit: Change, actor: Actor, id_: str, fields: Mapping[str, Any], *, if_version: int | None = None
) -> Trunk:
    """Changes the fields that are named.

    Raises NotFound, ObjectDeleted, StaleVersion, InvalidValue, TrunkAddressTaken.
    """
    before = await lifecycle.obtain(unit, actor, "trunk.update", TRUNKS, id_)
    if not before.trusted_identity:
        _require_trust(actor, fields)
    after = lifecycle.changed(unit, TRUNKS, before, _clean(fields), if_version=if_version)
    await claims.require_free(unit, actor, after, before=before)
    return await objects.put(unit, TRUNKS, before, after)


async def delete(unit: Change, actor: Actor, id_: str, *, if_version: int | None = None) -> Trunk:
    """The trunk as deleted; once more answers the same. Raises NotFound, StaleVersion."""
    before = await lifecycle.obtain(unit, actor, "trunk.delete", TRUNKS, id_)
    return await lifecycle.delete(unit, TRUNKS, before, if_version=if_version)


def _require_trust(actor: Actor, fields: Mapping[str, Any]) -> None:
    """Raises PermissionDenied where a customer says of itself that it is to be trusted."""
    if fields.get("trusted_identity"):
        permissions.require(actor, "trunk.trust")


def _clean(fields: Mapping[str, Any]) -> dict[str, Any]:
    lifecycle.refuse_unknown(fields, FIELDS)
    cleaned = dict(fields)
    if "customer_id" in fields:
        cleaned["customer_id"] = parse_id(fields["customer_id"], field="customer_id")
    if "domain_name" in fields:
        cleaned["domain_name"] = parse_domain_name(fields["domain_name"])
    if "auth_types" in fields:
        cleaned["auth_types"] = tuple(fields["auth_types"])
    if "default_region" in fields:
        cleaned["default_region"] = parse_region(fields["default_region"])
    if "allowed_ips" in fields:
        cleaned["allowed_ips"] = parse_allowed_ips(fields["allowed_ips"])
    return cleaned
