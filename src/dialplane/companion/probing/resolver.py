"""From a provider's hostname to the addresses that its SIP requests go to (RFC 3263), ahead of any call."""

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import dns.asyncresolver
import dns.exception
import dns.resolver
from dns.rdataclass import RdataClass
from dns.rdataset import Rdataset
from dns.rdatatype import RdataType

from dialplane.domain.hostname import split_hostname
from dialplane.domain.provider import DEFAULT_PORTS
from dialplane.system.address import SocketAddress

SERVICES = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
REDRAW_S = 60.0
MOST_ADDRESSES = 16  # of one hostname: beyond that a zone is broken or hostile


class NameNotResolved(Exception):
    """No address for this hostname now. The message says why."""


class _NoReply(Exception):
    """No DNS server answered, or none with an answer of use."""


class _Drawn(NamedTuple):
    """SRV records in the order that was drawn, and until when (monotonic seconds) it holds."""

    records: Sequence[Any]
    until_s: float


class Resolver:
    """Queries the machine's DNS servers, or `nameserver`; then the machine's own table of hosts.

    The order of SRV targets is drawn by weight (RFC 2782) and holds for REDRAW_S: not each probe is to move all calls.
    """

    def __init__(
        self,
        nameserver: SocketAddress | None = None,
        *,
        lifetime_s: float = 3.0,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lifetime_s = lifetime_s
        self._now_s = now_s
        self._hosts = ThreadPoolExecutor(max_workers=2, thread_name_prefix="hosts")
        self._dns = self._dns_resolver(nameserver)
        self._drawn: dict[str, _Drawn] = {}

    def _dns_resolver(self, nameserver: SocketAddress | None) -> dns.asyncresolver.Resolver | None:
        try:
            resolver = dns.asyncresolver.Resolver(configure=nameserver is None)
        except dns.resolver.NoResolverConfiguration:
            return None
        if nameserver is not None:
            resolver.nameservers = [nameserver.host]
            resolver.port = nameserver.port
        resolver.lifetime = self._lifetime_s
        resolver.cache = dns.resolver.LRUCache()
        return resolver

    async def endpoints(self, hostname: str, transport: str) -> list[SocketAddress]:
        """The addresses of the hostname, best first, at most MOST_ADDRESSES. Raises NameNotResolved."""
        parsed = split_hostname(hostname)
        port = parsed.port or DEFAULT_PORTS[transport]
        if parsed.address is not None:
            return [SocketAddress(str(parsed.address), port)]
        targets = [(parsed.host, port)]
        if parsed.port is None:
            targets = await self._services(parsed.host, transport) or targets
        found: list[SocketAddress] = []
        for host, target_port in targets:
            found += [SocketAddress(address, target_port) for address in await self._addresses(host)]
        if not found:
            raise NameNotResolved(f"no address found for {parsed.host}")
        return list(dict.fromkeys(found))[:MOST_ADDRESSES]

    async def _services(self, host: str, transport: str) -> list[tuple[str, int]]:
        """Host and port of each SRV target, in the order to try them.

        If DNS does not answer for a name that had SRV records, it is not resolved: its addresses at the usual port are
        others.
        """
        name = f"{SERVICES[transport]}.{host}"
        try:
            records = await self._query(name, RdataType.SRV)
        except _NoReply:
            if name in self._drawn:
                raise NameNotResolved(f"DNS does not answer for {name}") from None
            return []
        if not records:
            self._drawn.pop(name, None)
            return []
        targets = [(str(record.target), record.port) for record in self._ordered(name, records)]
        if [target for target, _ in targets] == ["."]:
            raise NameNotResolved(f"{host} says in DNS that it offers no SIP over {transport}")
        return [(target.rstrip("."), port) for target, port in targets]

    def _ordered(self, name: str, records: Rdataset) -> Sequence[Any]:
        now_s, drawn = self._now_s(), self._drawn.get(name)
        if drawn is None or now_s >= drawn.until_s or set(drawn.records) != set(records):
            drawn = self._drawn[name] = _Drawn(records.processing_order(), now_s + REDRAW_S)
        return drawn.records

    async def _addresses(self, host: str) -> list[str]:
        """IPv4 before IPv6. Raises NameNotResolved if IPv4 is not answered: its addresses would be lost."""
        v4, v6 = await asyncio.gather(self._addresses_of(host, RdataType.A), self._addresses_of(host, RdataType.AAAA))
        if v4 is not None and (found := [*v4, *(v6 or ())]):
            return found
        if own := await self._own_hosts(host):
            return own
        if v4 is None:
            raise NameNotResolved(f"DNS does not answer for {host}")
        return []

    async def _addresses_of(self, host: str, kind: RdataType) -> list[str] | None:
        """None if DNS does not answer."""
        try:
            return [str(record.address) for record in await self._query(host, kind)]
        except _NoReply:
            return None

    async def _query(self, name: str, kind: RdataType) -> Rdataset:
        """The records, empty if DNS says that there are none. Raises _NoReply if it says nothing of use."""
        if self._dns is None:
            raise _NoReply
        try:
            answer = await self._dns.resolve(name, kind, search=False, raise_on_no_answer=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return Rdataset(RdataClass.IN, kind)
        except dns.exception.DNSException:
            raise _NoReply from None
        return answer.rrset or Rdataset(RdataClass.IN, kind)

    async def _own_hosts(self, host: str) -> list[str]:
        """The answer of the system's resolver, /etc/hosts included. In threads of its own, since it can hang."""
        loop = asyncio.get_running_loop()
        lookup = loop.run_in_executor(self._hosts, _look_up, host)
        try:
            return await asyncio.wait_for(lookup, self._lifetime_s)
        except (OSError, TimeoutError, UnicodeError):
            return []

    def close(self) -> None:
        """End the threads; one that hangs is left behind."""
        self._hosts.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str) -> list[str]:
    rows = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))
