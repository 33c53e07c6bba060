"""An agent: a person who logs in. (The edge's companion process is the *edge agent*, see `dialplane.companion`.)"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from dialplane.domain.errors import InvalidValue
from dialplane.domain.ids import Id
from dialplane.domain.instants import NEVER, Instant
from dialplane.domain.permission import Permission
from dialplane.domain.texts import Detail, Name, parse_member, parse_name, parse_text, text
from dialplane.domain.value import Value

MIN_PASSWORD = 8
MAX_PASSWORD_BYTES = 1024
MAX_TAGS = 100
MAX_ADDRESSES_BYTES = 16_384


def parse_username(text: str, *, field: str = "username") -> str:
    """The name that a person logs in with: 1 to 255 characters without white space. Raises InvalidValue."""
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


def parse_role(text: str, *, field: str = "permission") -> Permission:
    """A permission that a person may have: any but `edge`. Raises InvalidValue."""
    permission = parse_member(text, field=field, among=Permission)
    if permission == Permission.EDGE:
        raise InvalidValue(field, "invalid_choice", "must not be 'edge': only access keys have that")
    return permission


def parse_tag_ids(value: Sequence[str], *, field: str = "tag_ids") -> Sequence[str]:
    """At most 100 labels. Raises InvalidValue."""
    if len(value) > MAX_TAGS:
        raise InvalidValue(field, "too_many", f"must have at most {MAX_TAGS} entries")
    return tuple(parse_name(text, field=field) for text in value)


def parse_addresses(value: Sequence[Mapping[str, Any]], *, field: str = "addresses") -> Sequence[Mapping[str, Any]]:
    """JSON objects, at most 16 KiB of them, without lone surrogates. Raises InvalidValue."""
    try:
        size = len(json.dumps([dict(address) for address in value], allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError):
        raise InvalidValue(field, "invalid_type", "must be a list of JSON objects") from None
    if size > MAX_ADDRESSES_BYTES:
        raise InvalidValue(field, "too_long", f"must be at most {MAX_ADDRESSES_BYTES} bytes as JSON")
    return tuple(dict(address) for address in value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent(Value):
    """`password_hash` is argon2id in PHC form; empty: nobody can log in as this agent.

    `ring_method`, `tag_ids` and `addresses` are what clients of the contract's API say of an agent that takes calls.
    They are kept as given, and mean nothing here.
    """

    id: Id
    customer_id: Id
    username: Annotated[str, parse_username]
    name: Name = ""
    detail: Detail = ""
    permission: Annotated[Permission, parse_role]
    password_hash: Annotated[str, text(1024)] = field(default="", repr=False)
    ring_method: Name = ""
    tag_ids: Annotated[Sequence[str], parse_tag_ids] = ()
    addresses: Annotated[Sequence[Mapping[str, Any]], parse_addresses] = ()
    tm_create: Instant = 0
    tm_update: Instant = NEVER
    tm_delete: Instant = NEVER
