"""An agent: a person who logs in. (The edge's companion process is the *edge agent*, see `dialplane.companion`.)"""

from dataclasses import dataclass, field

from dialplane.domain.errors import InvalidValue
from dialplane.domain.ids import parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.permission import PERMISSIONS
from dialplane.domain.texts import parse_choice, parse_detail, parse_name, parse_text

MIN_PASSWORD = 8
MAX_PASSWORD_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """`password_hash` is argon2id in PHC form."""

    id: str
    customer_id: str
    username: str
    name: str = ""
    detail: str = ""
    permission: str
    password_hash: str = field(default="", repr=False)
    tm_create: int = 0
    tm_update: int = NEVER
    tm_delete: int = NEVER

    def __post_init__(self) -> None:
        parse_id(self.id)
        parse_id(self.customer_id, field="customer_id")
        parse_username(self.username)
        parse_name(self.name)
        parse_detail(self.detail)
        parse_choice(self.permission, field="permission", among=PERMISSIONS)


def parse_username(text: str, *, field: str = "username") -> str:
    """What a person logs in with: 1 to 255 characters without white space. Raises InvalidValue."""
    parse_text(text, field=field, longest=255)
    if not text or any(char.isspace() for char in text):
        raise InvalidValue(field, "invalid_username", "must be 1 to 255 characters without white space")
    return text


def parse_password(text: str, *, field: str = "password") -> str:
    """A new password: at least 8 characters, at most 1024 bytes. Raises InvalidValue."""
    parse_text(text, field=field, longest=MAX_PASSWORD_BYTES)
    if len(text) < MIN_PASSWORD or len(text.encode()) > MAX_PASSWORD_BYTES:
        raise InvalidValue(field, "invalid_password", "must have at least 8 characters and at most 1024 bytes")
    return text
