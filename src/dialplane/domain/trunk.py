"""A trunk: a customer's way in for calls, told by its source address, by digest, or by both."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dialplane.domain.errors import InvalidValue
from dialplane.domain.hostname import parse_domain_name, parse_network
from dialplane.domain.ids import parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.provider import parse_channels, parse_cps, parse_credential
from dialplane.domain.texts import parse_choice, parse_detail, parse_name

BASIC = "basic"
IP = "ip"
AUTH_TYPES = (BASIC, IP)
PROXY = "proxy"
REDIRECT = "redirect"
MODES = (PROXY, REDIRECT)
MAX_ALLOWED_IPS = 256
DEFAULT_REALM = "dialplane"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """`auth_types`: any one of them lets a call in. `default_region`: ISO country whose national numbers it dials.
    `trusted_identity`: carriers see the P-Asserted-Identity that it sends (RFC 3325: it belongs to our trust domain).

    The digest password itself never reaches an edge: `ha1` does (RFC 7616 H(user:realm:password), MD5).
    """

    id: str
    customer_id: str
    name: str = ""
    detail: str = ""
    domain_name: str = ""
    auth_types: Sequence[str] = ()
    username: str = ""
    password: str = field(default="", repr=False)
    ha1: str = field(default="", repr=False)
    allowed_ips: Sequence[str] = ()
    enabled: bool = True
    mode: str = PROXY
    max_channels: int | None = None
    max_cps: int | None = None
    default_region: str = ""
    trusted_identity: bool = False
    tm_create: int = 0
    tm_update: int = NEVER
    tm_delete: int = NEVER

    def __post_init__(self) -> None:
        parse_id(self.id)
        parse_id(self.customer_id, field="customer_id")
        parse_name(self.name)
        parse_detail(self.detail)
        parse_domain_name(self.domain_name)
        parse_auth_types(self.auth_types)
        parse_credential(self.username, field="username")
        parse_credential(self.password, field="password")
        parse_allowed_ips(self.allowed_ips)
        parse_choice(self.mode, field="mode", among=MODES)
        parse_channels(self.max_channels)
        parse_cps(self.max_cps)
        check_region_form(self.default_region)

    @property
    def realm(self) -> str:
        """The digest realm that its callers are challenged with."""
        return self.domain_name or DEFAULT_REALM

    def for_edge(self) -> "Trunk":
        """What an edge may know of the trunk: `ha1` in place of the password."""
        if not (self.username and self.password):
            return replace(self, password="", ha1="")
        secret = f"{self.username}:{self.realm}:{self.password}"
        ha1 = hashlib.md5(secret.encode(), usedforsecurity=False).hexdigest()
        return replace(self, password="", ha1=ha1)


def parse_auth_types(value: Sequence[str], *, field: str = "auth_types") -> Sequence[str]:
    """A list out of `basic` and `ip`, none twice. Raises InvalidValue."""
    if len(set(value)) != len(value) or not set(value) <= set(AUTH_TYPES):
        raise InvalidValue(field, "invalid_choice", "must be a list out of 'basic' and 'ip', none twice")
    return value


def parse_allowed_ips(value: Sequence[str], *, field: str = "allowed_ips") -> Sequence[str]:
    """At most 256 addresses and networks, canonical. Raises InvalidValue."""
    if len(value) > MAX_ALLOWED_IPS:
        raise InvalidValue(field, "too_many", f"must have at most {MAX_ALLOWED_IPS} entries")
    return tuple(parse_network(text, field=field) for text in value)


def check_region_form(text: str, *, field: str = "default_region") -> None:
    """Two capitals, or "": trunks from before `parse_region` asked for a real one must stay readable at the edges.

    Raises InvalidValue.
    """
    if text and not (len(text) == 2 and text.isascii() and text.isalpha() and text.isupper()):
        raise InvalidValue(field, "invalid_region", "must be a two-letter ISO country code in capitals")
