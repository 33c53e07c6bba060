"""A trunk: a customer's way in for calls, recognised by its source address, by digest, or by both."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated

from dialplane.domain.errors import InvalidValue
from dialplane.domain.hostname import parse_domain_name, parse_network, parse_network_form
from dialplane.domain.ids import Id
from dialplane.domain.instants import NEVER, Instant
from dialplane.domain.provider import Channels, Cps, Credential
from dialplane.domain.target import parse_number
from dialplane.domain.texts import Detail, Name, choice, text
from dialplane.domain.value import Value

BASIC = "basic"
IP = "ip"
AUTH_TYPES = (BASIC, IP)
PROXY = "proxy"
REDIRECT = "redirect"
MODES = (PROXY, REDIRECT)
MAX_ALLOWED_IPS = 256
DEFAULT_REALM = "dialplane"


def parse_auth_types(value: Sequence[str], *, field: str = "auth_types") -> Sequence[str]:
    """A list out of `basic` and `ip`, none twice. Raises InvalidValue."""
    if len(set(value)) != len(value) or not set(value) <= set(AUTH_TYPES):
        raise InvalidValue(field, "invalid_choice", "must be a list out of 'basic' and 'ip', none twice")
    return tuple(value)


def parse_allowed_ips_form(value: Sequence[str], *, field: str = "allowed_ips") -> Sequence[str]:
    """At most 256 addresses and networks, canonical. Raises InvalidValue."""
    if len(value) > MAX_ALLOWED_IPS:
        raise InvalidValue(field, "too_many", f"must have at most {MAX_ALLOWED_IPS} entries")
    return tuple(parse_network_form(text, field=field) for text in value)


def parse_allowed_ips(value: Sequence[str], *, field: str = "allowed_ips") -> Sequence[str]:
    """The same for a request. Raises InvalidValue."""
    return tuple(parse_network(text, field=field) for text in parse_allowed_ips_form(value, field=field))


def parse_region_form(text: str, *, field: str = "default_region") -> str:
    """Two capitals, or "": trunks older than `parse_region` may have others than real ones, and must stay readable.

    Raises InvalidValue.
    """
    if text and not (len(text) == 2 and text.isascii() and text.isalpha() and text.isupper()):
        raise InvalidValue(field, "invalid_region", "must be a two-letter ISO country code in capitals")
    return text


def parse_caller_default(text: str, *, field: str = "caller_default") -> str:
    """A number, `+` and 1-15 digits, or "". Raises InvalidValue."""
    return parse_number(text, field=field) if text else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk(Value):
    """`auth_types`: any one of them lets a call in. `default_region`: ISO country whose national numbers it dials.
    `trusted_identity`: carriers see the P-Asserted-Identity that it sends (RFC 3325: it belongs to our trust domain).
    `caller_default`: a number of the customer's for carriers that want one where a call has none, "" if there is none.

    The digest password itself never reaches an edge: `ha1` does (RFC 7616 H(user:realm:password), MD5).
    """

    id: Id
    customer_id: Id
    name: Name = ""
    detail: Detail = ""
    domain_name: Annotated[str, parse_domain_name] = ""
    auth_types: Annotated[Sequence[str], parse_auth_types] = ()
    username: Credential = ""
    password: Credential = field(default="", repr=False)
    ha1: Annotated[str, text(32)] = field(default="", repr=False)
    allowed_ips: Annotated[Sequence[str], parse_allowed_ips_form] = ()
    enabled: bool = True
    mode: Annotated[str, choice(*MODES)] = PROXY
    max_channels: Channels = None
    max_cps: Cps = None
    default_region: Annotated[str, parse_region_form] = ""
    trusted_identity: bool = False
    caller_default: Annotated[str, parse_caller_default] = ""
    tm_create: Instant = 0
    tm_update: Instant = NEVER
    tm_delete: Instant = NEVER

    @property
    def realm(self) -> str:
        """The realm of its digest challenges (RFC 7616 section 3.3)."""
        return self.domain_name or DEFAULT_REALM

    def for_edge(self) -> "Trunk":
        """The trunk as an edge gets it: `ha1` in place of the password."""
        if not (self.username and self.password):
            return replace(self, password="", ha1="")
        secret = f"{self.username}:{self.realm}:{self.password}"
        ha1 = hashlib.md5(secret.encode(), usedforsecurity=False).hexdigest()
        return replace(self, password="", ha1=ha1)
