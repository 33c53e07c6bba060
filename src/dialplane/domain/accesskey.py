"""An access key: a long-lived credential. Only its SHA-256 is kept; the token is shown once."""

from dataclasses import dataclass, field

from dialplane.domain.ids import parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.texts import parse_detail, parse_name, parse_range

MIN_EXPIRE_S = 86_400
MAX_EXPIRE_S = 10 * 366 * 86_400
TOKEN_PREFIX_LENGTH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """`permission` is that of whoever holds the key; `token_hash` the hex SHA-256 of the token."""

    id: str
    customer_id: str
    name: str = ""
    detail: str = ""
    permission: str = ""
    token_prefix: str = ""
    token_hash: str = field(default="", repr=False)
    tm_expire: int = NEVER
    tm_create: int = 0
    tm_update: int = NEVER
    tm_delete: int = NEVER

    def __post_init__(self) -> None:
        parse_id(self.id)
        parse_id(self.customer_id, field="customer_id")
        parse_name(self.name)
        parse_detail(self.detail)


def parse_expire(value: int, *, field: str = "expire") -> int:
    """Seconds until a new key expires, at least one day. Raises InvalidValue."""
    return parse_range(value, field=field, least=MIN_EXPIRE_S, most=MAX_EXPIRE_S)
