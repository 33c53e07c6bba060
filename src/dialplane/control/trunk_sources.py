"""Uniqueness of trunk source networks and digest users across customers.

An edge recognises a call's customer by these alone, so only the platform may give a trunk what another customer's trunk
has (docs/decisions/0014-whose-address-it-is.md).
"""

import ipaddress
import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from socket import AF_INET, AF_INET6, inet_pton

from dialplane.control.actor import Actor
from dialplane.control.units import Change
from dialplane.domain.errors import InvalidValue, TrunkAddressTaken
from dialplane.domain.instants import NEVER
from dialplane.domain.trunk import DEFAULT_REALM, Trunk
from dialplane.store.queries import trunk_sources as queries

SHORTEST_PREFIX = {4: 16, 6: 32}
"""IP version -> prefix length of the largest network that a customer may name: no PBX has a larger one."""

MOST_LARGEST = 4
"""Addresses of a customer's live trunks, in networks of the largest size (IPv4: 262,144 addresses)."""

MOST_TRUNKS = 1_000
"""Live trunks of a customer; each makes those of all others a little slower to check."""

_BITS = {4: 32, 6: 128}


async def require_free(unit: Change, actor: Actor, after: Trunk, *, before: Trunk | None = None) -> None:
    """Refuses sources that `before` (None: a new trunk) does not have and another customer's live trunk has.

    A deleted trunk has none, a disabled one all that it names. A trunk that is moved to another domain_name has all its
    sources checked again: at an address that is shared, the name decides whose call it is.
    Raises InvalidValue (`allowed_ips`: a network that is too large or that no PBX calls from, or too many addresses;
    `customer_id`: too many trunks), TrunkAddressTaken.
    """
    if actor.is_super_admin or after.tm_delete != NEVER:
        return
    held = before if before is not None and before.tm_delete == NEVER else None
    added = [text for text in after.allowed_ips if held is None or text not in held.allowed_ips]
    _refuse_what_no_pbx_has(added)
    if held is None or added:
        await _refuse_many(unit, held, after)
    networks = after.allowed_ips if held is not None and held.domain_name != after.domain_name else added
    username = after.username if held is None or _digest_user(held) != _digest_user(after) else ""
    if not networks and not username:
        return
    wanted = Networks(networks)
    for row in await queries.of_others(unit, after.customer_id, username=username):
        if any(text in wanted for text in json.loads(row.allowed_ips)):
            raise TrunkAddressTaken("allowed_ips" if added else "domain_name")
        if username and (row.username, row.domain_name or DEFAULT_REALM) == _digest_user(after):
            raise TrunkAddressTaken("username")


def _digest_user(trunk: Trunk) -> tuple[str, str]:
    return trunk.username, trunk.realm


def _refuse_what_no_pbx_has(networks: Iterable[str]) -> None:
    for network in map(ipaddress.ip_network, networks):
        if network.is_loopback or network.is_link_local or network.is_multicast or network.is_unspecified:
            raise InvalidValue("allowed_ips", "forbidden_address", "must not hold addresses that no PBX calls from")
        if network.prefixlen < SHORTEST_PREFIX[network.version]:
            raise InvalidValue(
                "allowed_ips", "network_too_large", "must not hold a network larger than /16 (IPv4) or /32 (IPv6)"
            )


async def _refuse_many(unit: Change, held: Trunk | None, after: Trunk) -> None:
    """Refuses a new trunk too many, and networks that add to more addresses than a customer may have."""
    rows = await queries.of_own(unit, after.customer_id, besides=after.id)
    if held is None and len(rows) >= MOST_TRUNKS:
        raise InvalidValue("customer_id", "too_many", f"must not have more than {MOST_TRUNKS} trunks")
    others = [text for row in rows for text in json.loads(row.allowed_ips)]
    present, wanted = Networks([*others, *(held.allowed_ips if held else ())]), Networks([*others, *after.allowed_ips])
    for version, shortest in SHORTEST_PREFIX.items():
        most = max(MOST_LARGEST << (_BITS[version] - shortest), present.size(version))
        if wanted.size(version) > most:
            raise InvalidValue("allowed_ips", "too_many", f"must not bring the customer to more than {most} addresses")


class Networks:
    """Networks as sorted ranges, to be compared with a hundred thousand others."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._ranges: dict[int, tuple[list[int], list[int]]] = {4: ([], []), 6: ([], [])}
        for version, first, last in sorted(map(_range_of, networks), key=lambda found: (*found[:2], -found[2])):
            firsts, lasts = self._ranges[version]
            if not lasts or first > lasts[-1]:
                firsts.append(first)
                lasts.append(last)

    def size(self, version: int) -> int:
        """How many addresses of this IP version are in them."""
        return _size(*self._ranges[version])

    def __contains__(self, text: str) -> bool:
        """Whether one of them has an address in common with this network."""
        version, first, last = _range_of(text)
        firsts, lasts = self._ranges[version]
        place = bisect_right(firsts, last)
        return place > 0 and lasts[place - 1] >= first


def _size(firsts: Sequence[int], lasts: Sequence[int]) -> int:
    """Numbers in ranges that are sorted, each ending behind the one before, and may overlap."""
    starts = (max(first, before + 1) for first, before in zip(firsts, (-1, *lasts), strict=False))
    return sum(last - start + 1 for start, last in zip(starts, lasts, strict=True))


def _range_of(text: str) -> tuple[int, int, int]:
    """IP version, first and last address of a canonical network: in a fifth of the time of `ipaddress`.

    A zone (`fe80::1%eth0`), which trunks of older versions may have, is left out.
    """
    address, _, length = text.partition("/")
    address = address.partition("%")[0]
    version, family = (6, AF_INET6) if ":" in address else (4, AF_INET)
    first = int.from_bytes(inet_pton(family, address))
    bits = _BITS[version]
    return version, first, first | (1 << (bits - int(length or bits))) - 1
