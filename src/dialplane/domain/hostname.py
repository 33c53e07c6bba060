"""The address of a SIP peer: a DNS name or an IP literal, with an optional port; and networks of source addresses."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Annotated

from dialplane.domain.errors import InvalidValue

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_PORT = re.compile(r"[0-9]{1,5}")
MAX_DNS_NAME = 253

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class HostPort:
    """A parsed hostname: `host` without brackets, `port` None if it names none."""

    host: str
    port: int | None

    @property
    def address(self) -> Address | None:
        """The IP address, if the host is a literal."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


def _refused(field: str) -> InvalidValue:
    return InvalidValue(
        field,
        "invalid_hostname",
        "must be a DNS name or an IP address with an optional :port, and nothing else (IPv6 in brackets)",
    )


def split_hostname(text: str, *, field: str = "hostname") -> HostPort:
    """Host and port of a hostname value. Raises InvalidValue."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")) or not _is_address(host, version=6):
            raise _refused(field)
        port_text = rest[1:] if rest else None
    else:
        host, colon, rest = text.partition(":")
        port_text = rest if colon else None
        if not (_is_address(host, version=4) or _is_dns_name(host)):
            raise _refused(field)
    if port_text is None:
        return HostPort(host, None)
    if not _PORT.fullmatch(port_text) or not 1 <= int(port_text) <= 65535:
        raise _refused(field)
    return HostPort(host, int(port_text))


def parse_hostname(text: str, *, field: str = "hostname") -> str:
    """The hostname value itself. Raises InvalidValue, also for an address that `forbidden_destination` names."""
    parsed = split_hostname(text, field=field)
    address = parsed.address
    if address is not None and (reason := forbidden_destination(address)):
        raise InvalidValue(field, "forbidden_address", f"must not be a {reason} address")
    return text


def parse_domain_name(text: str, *, field: str = "domain_name") -> str:
    """A DNS name without a port, lower case, or "". Raises InvalidValue."""
    if text and not _is_dns_name(text) and not _is_address(text, version=4):
        raise InvalidValue(field, "invalid_domain_name", "must be a DNS name without a port")
    return text.lower()


def forbidden_destination(address: Address) -> str | None:
    """Why no SIP may be sent to an address, or None. Private and loopback networks are allowed: SBCs are there."""
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return forbidden_destination(mapped)
    if address.is_unspecified:
        return "unspecified"
    if address.is_multicast:
        return "multicast"
    if address.is_link_local:
        return "link-local"
    if address == ipaddress.IPv4Address("255.255.255.255"):
        return "broadcast"
    if isinstance(address, ipaddress.IPv4Address) and address in ipaddress.IPv4Network("0.0.0.0/8"):
        return "unspecified"
    return None


def parse_network(text: str, *, field: str = "allowed_ips") -> str:
    """A source address or network in CIDR form, canonical (`10.0.0.7`, `10.0.0.0/8`). Raises InvalidValue."""
    try:
        network = ipaddress.ip_network(str(text), strict=True)  # it would take a number or bytes for an address
    except ValueError:
        raise InvalidValue(
            field, "invalid_network", "must be IP addresses or networks like 192.0.2.0/24 with no host bits set"
        ) from None
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def _is_address(text: str, *, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version and "%" not in text
    except ValueError:
        return False


def _is_dns_name(text: str) -> bool:
    name = text.removesuffix(".")
    labels = name.split(".")
    return (
        0 < len(name) <= MAX_DNS_NAME
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdecimal()
    )


Hostname = Annotated[str, parse_hostname]
