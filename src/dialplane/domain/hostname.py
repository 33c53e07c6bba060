"""The address of a SIP peer: a DNS name or an IP literal, with an optional port; and networks of source addresses."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Annotated

from dialplane.domain.errors import InvalidValue

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_PORT = re.compile(r"[0-9]{1,5}")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
MAX_DNS_NAME = 253

_LAST_32_BITS = (
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped: RFC 4291 section 2.5.5.2
    IPv6Network("::/96"),  # IPv4-compatible: RFC 4291 section 2.5.5.1
    IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated: RFC 2765 section 2.1
    IPv6Network("64:ff9b::/96"),  # NAT64: RFC 6052 section 2.1
)
_6TO4 = IPv6Network("2002::/16")  # RFC 3056 section 2
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215

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


def parse_hostname_form(text: str, *, field: str = "hostname") -> str:
    """The hostname value itself: providers older than `parse_hostname` may have others, and must stay readable.

    Raises InvalidValue.
    """
    split_hostname(text, field=field)
    return text


def parse_hostname(text: str, *, field: str = "hostname") -> str:
    """The hostname value of a request.

    Raises InvalidValue, also for an address that `forbidden_destination` names, and for a number that inet_aton(3)
    takes for an address (`0x7f000001`).
    """
    parsed = split_hostname(text, field=field)
    address = parsed.address
    if address is None and _NUMBER.fullmatch(parsed.host.removesuffix(".").rpartition(".")[2]):
        raise _refused(field)
    if address is not None and (reason := forbidden_destination(address)):
        raise InvalidValue(field, "forbidden_address", f"must not be a {reason} address")
    return text


def parse_domain_name(text: str, *, field: str = "domain_name") -> str:
    """A DNS name without a port, lower case, or "". Raises InvalidValue."""
    if text and not _is_dns_name(text) and not _is_address(text, version=4):
        raise InvalidValue(field, "invalid_domain_name", "must be a DNS name without a port")
    return text.lower()


def forbidden_destination(address: Address) -> str | None:
    """Why no SIP may be sent to an address, or None. Private and loopback networks are allowed: SBCs are there.

    An IPv6 address in which an IPv4 address is embedded leads to that one.
    """
    if address.is_unspecified:
        return "unspecified"
    if address.is_multicast:
        return "multicast"
    if address.is_link_local:
        return "link-local"
    if isinstance(address, IPv6Address):
        return next(filter(None, map(forbidden_destination, embedded_ipv4(address))), None)
    if address == IPv4Address("255.255.255.255"):
        return "broadcast"
    return "unspecified" if address in ipaddress.IPv4Network("0.0.0.0/8") else None


def embedded_ipv4(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses to which a host or a gateway may translate an IPv6 address; none for most."""
    if not isinstance(address, IPv6Address) or address.is_loopback or address.is_unspecified:
        return
    bits = int(address)
    if any(address in network for network in _LAST_32_BITS):
        yield IPv4Address(bits & 0xFFFFFFFF)
    elif address in _6TO4:
        yield IPv4Address(bits >> 80 & 0xFFFFFFFF)
    elif address in _LOCAL_NAT64:
        yield from map(IPv4Address, _translations(bits))


def _translations(bits: int) -> Iterator[int]:
    """The IPv4 addresses in a local NAT64 address, whose prefix may have 48, 56, 64 or 96 bits (RFC 6052 section 2.2).

    Bits 64 to 71 are zero, and those behind the IPv4 address. A reading as 0.0.0.0/8 is that of a wrong length.
    """
    without_octet = bits >> 64 << 56 | bits & (1 << 56) - 1
    readings = [without_octet >> behind for behind in (40, 32, 24) if not without_octet & (1 << behind) - 1]
    yield from (found for reading in (*readings, bits) if (found := reading & 0xFFFFFFFF) >> 24)


def parse_network_form(text: str, *, field: str = "allowed_ips") -> str:
    """A source address or network in CIDR form, canonical (`10.0.0.7`, `10.0.0.0/8`). Raises InvalidValue.

    With the zone of an interface (`fe80::1%eth0`), which trunks older than `parse_network` may have.
    """
    try:
        network = ipaddress.ip_network(str(text), strict=True)  # it would take a number or bytes for an address
    except ValueError:
        raise InvalidValue(
            field, "invalid_network", "must be IP addresses or networks like 192.0.2.0/24 with no host bits set"
        ) from None
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def parse_network(text: str, *, field: str = "allowed_ips") -> str:
    """The same for a request: without a zone, which means something on one machine alone. Raises InvalidValue."""
    if "%" in str(text):
        raise InvalidValue(field, "invalid_network", "must be IP addresses or networks without a zone (`%eth0`)")
    return parse_network_form(text, field=field)


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


Hostname = Annotated[str, parse_hostname_form]
