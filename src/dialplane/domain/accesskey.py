"""An access key: a long-lived credential. Only its SHA-256 is kept; the token is shown once."""

from dataclasses import dataclass, field
from typing import Annotated

from dialplane.domain.ids import Id
from dialplane.domain.instants import DAY_US, NEVER, Instant
from dialplane.domain.permission import Permission
from dialplane.domain.texts import Detail, Name, parse_range, text
from dialplane.domain.value import Value

MIN_EXPIRE_S = 86_400
MAX_EXPIRE_S = NEVER // 1_000_000
TOKEN_PREFIX_LENGTH = 8
TOKEN_HASH_LENGTH = 64

LIVE, EXPIRING, EXPIRED = STATES = ("live", "expiring", "expired")
"""What a key is at an instant."""

EXPIRING_US = 14 * DAY_US
"""How long before its end whoever looks after keys is warned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey(Value):
    """`permission` is what the holder of the key may do; `token_hash` the hex SHA-256 of the token.

    `edge`: the one edge that a key with permission `edge` may speak for; empty for any.
    """

    id: Id
    customer_id: Id
    name: Name = ""
    detail: Detail = ""
    permission: Permission
    edge: Name = ""
    token_prefix: Annotated[str, text(TOKEN_PREFIX_LENGTH)] = ""
    token_hash: Annotated[str, text(TOKEN_HASH_LENGTH)] = field(default="", repr=False)
    tm_expire: Instant = NEVER
    tm_create: Instant = 0
    tm_update: Instant = NEVER
    tm_delete: Instant = NEVER


def state_at(key: AccessKey, now: int) -> str:
    """Which of STATES a key is in at this instant (us)."""
    if key.tm_expire <= now:
        return EXPIRED
    return EXPIRING if key.tm_expire <= now + EXPIRING_US else LIVE


def parse_expire(value: int, *, field: str = "expire") -> int:
    """Seconds until a new key expires, at least one day; it never does from NEVER on. Raises InvalidValue."""
    return parse_range(value, field=field, least=MIN_EXPIRE_S, most=MAX_EXPIRE_S)
