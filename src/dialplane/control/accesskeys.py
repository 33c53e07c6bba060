"""Access keys: long-lived credentials. The token is answered once, at its creation."""

import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from dialplane.control import lifecycle, permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Change, Unit
from dialplane.domain.accesskey import TOKEN_PREFIX_LENGTH, AccessKey, parse_expire
from dialplane.domain.ids import parse_id
from dialplane.domain.permission import Permission
from dialplane.domain.texts import parse_member
from dialplane.store import objects
from dialplane.store.objects import ACCESSKEYS

CREATE_FIELDS = frozenset({"customer_id", "name", "detail", "expire", "permission"})
UPDATE_FIELDS = frozenset({"customer_id", "name", "detail"})
TOKEN_BYTES = 32


def hash_token(token: str) -> str:
    """What is kept of a token: the hex SHA-256 (it is random, so it needs no salt and no slow hash)."""
    return sha256(token.encode()).hexdigest()


async def create(unit: Change, actor: Actor, fields: Mapping[str, Any]) -> tuple[AccessKey, str]:
    """The new key and its token, which is kept nowhere.

    Fields: expire (seconds, >= 86400), name, detail, and as extensions customer_id (default: the actor's) and
    permission (default: the actor's; never more than the actor's). Raises InvalidValue, NotFound("customer"),
    PermissionDenied.
    """
    permissions.require(actor, "accesskey.create")
    lifecycle.refuse_unknown(fields, CREATE_FIELDS)
    lifecycle.require_fields(fields, ("expire",))
    expire_s = parse_expire(fields["expire"])
    customer_id = await lifecycle.owner_for_new(unit, actor, "accesskey.create", _with_ids(fields))
    permission = parse_member(fields.get("permission", actor.permission), field="permission", among=Permission)
    permissions.require_grantable(actor, permission, "accesskey.create")
    token, now = secrets.token_urlsafe(TOKEN_BYTES), unit.next_instant()
    key = AccessKey(
        id=lifecycle.new_id(),
        customer_id=customer_id,
        name=fields.get("name", ""),
        detail=fields.get("detail", ""),
        permission=permission,
        token_prefix=token[:TOKEN_PREFIX_LENGTH],
        token_hash=hash_token(token),
        tm_expire=now + expire_s * 1_000_000,
        tm_create=now,
    )
    return await objects.add(unit, ACCESSKEYS, key), token


async def get(unit: Unit, actor: Actor, id_: str) -> AccessKey:
    """The key, deleted ones too. Raises NotFound."""
    return await lifecycle.obtain(unit, actor, "accesskey.get", ACCESSKEYS, id_)


async def list_(
    unit: Unit, actor: Actor, *, page_size: int = 100, before: int | None = None, customer_id: str | None = None
) -> list[AccessKey]:
    """Live ones, newest first; `before` is the tm_create of the last one of the page before."""
    filters = {"customer_id": customer_id}
    return await lifecycle.page(
        unit, actor, "accesskey.list", ACCESSKEYS, page_size=page_size, before=before, filters=filters
    )


async def update(
    unit: Change, actor: Actor, id_: str, fields: Mapping[str, Any], *, if_version: int | None = None
) -> AccessKey:
    """Changes name and detail. Raises NotFound, ObjectDeleted, StaleVersion, InvalidValue."""
    before = await lifecycle.obtain(unit, actor, "accesskey.update", ACCESSKEYS, id_)
    lifecycle.refuse_unknown(fields, UPDATE_FIELDS)
    return await lifecycle.change(unit, ACCESSKEYS, before, _with_ids(fields), if_version=if_version)


async def delete(unit: Change, actor: Actor, id_: str, *, if_version: int | None = None) -> AccessKey:
    """The key as deleted, refused from now on; once more answers the same. Raises NotFound, StaleVersion."""
    before = await lifecycle.obtain(unit, actor, "accesskey.delete", ACCESSKEYS, id_)
    permissions.require_grantable(actor, before.permission, "accesskey.delete")
    return await lifecycle.delete(unit, ACCESSKEYS, before, if_version=if_version)


def _with_ids(fields: Mapping[str, Any]) -> dict[str, Any]:
    if "customer_id" not in fields:
        return dict(fields)
    return {**fields, "customer_id": parse_id(fields["customer_id"], field="customer_id")}
