"""Access keys: long-lived credentials. The token is answered once, at its creation."""

import secrets
from hashlib import sha256

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.lifecycle import Fields, UseCases, new_id, refuse_unknown, require_fields
from dialplane.control.units import Change
from dialplane.domain.accesskey import TOKEN_PREFIX_LENGTH, AccessKey, parse_expire
from dialplane.domain.errors import InvalidValue
from dialplane.domain.instants import NEVER
from dialplane.domain.kinds import ACCESSKEY
from dialplane.domain.permission import EDGE
from dialplane.store.objects import ACCESSKEYS

CREATE_FIELDS = ACCESSKEY.settable - {"tm_expire"} | {"expire"}
TOKEN_BYTES = 32


class AccessKeys(UseCases[AccessKey]):
    """Nobody issues, renames or deletes a key that may do more than they may."""

    async def check(self, unit: Change, actor: Actor, before: AccessKey | None, after: AccessKey) -> None:
        """Raises PermissionDenied for a key with a permission above the actor's.

        Raises InvalidValue for a key that names an edge and has another permission than `edge`.
        """
        if after.edge and after.permission != EDGE:
            raise InvalidValue("edge", "not_applicable", "must be left out: only keys with permission 'edge' name one")
        act = "create" if before is None else "update" if after.tm_delete == NEVER else "delete"
        permissions.require_grantable(actor, after.permission, f"accesskey.{act}")


USE_CASES = AccessKeys(ACCESSKEYS)
get, list_, update, delete = USE_CASES.get, USE_CASES.list_, USE_CASES.update, USE_CASES.delete


async def create(unit: Change, actor: Actor, fields: Fields) -> tuple[AccessKey, str]:
    """The new key and its token, which is kept nowhere. It expires by the wall clock, against which it is checked.

    Fields: expire (seconds, >= 86400), name, detail, and as extensions customer_id (default: the actor's),
    permission (default: the actor's; never more than the actor's) and edge (see AccessKey).
    Raises InvalidValue, NotFound("customer"), PermissionDenied.
    """
    permissions.require(actor, "accesskey.create")
    refuse_unknown(fields, CREATE_FIELDS)
    require_fields(fields, ("expire",))
    token, now = secrets.token_urlsafe(TOKEN_BYTES), unit.next_instant()
    values = {"customer_id": actor.customer_id, "permission": actor.permission, **fields}
    expire_s = parse_expire(values.pop("expire"))
    key = AccessKey(
        id=new_id(),
        token_prefix=token[:TOKEN_PREFIX_LENGTH],
        token_hash=hash_token(token),
        tm_expire=min(min(now, unit.now()) + expire_s * 1_000_000, NEVER),
        tm_create=now,
        **values,
    )
    return await USE_CASES.add(unit, actor, key), token


def hash_token(token: str) -> str:
    """The hex SHA-256 of a token, which is kept in its place (it is random: it needs no salt and no slow hash)."""
    return sha256(token.encode()).hexdigest()
