"""From a provider's hostname to the addresses that SIP for it goes to (RFC 3263), ahead of any call."""

import asyncio
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any, NamedTuple, Self

import dns.asyncresolver
import dns.exception
import dns.resolver
from dns.rdatatype import RdataType

from dialplane.companion.probing.weights import drawn
from dialplane.domain.hostname import HostPort, split_hostname

DEFAULT_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
SERVICES = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
REDRAW_S = 60.0
MOST_ADDRESSES = 16  # of one hostname: beyond that a zone is broken or hostile


class NameNotResolved(Exception):
    """No address for this hostname now. The message says what DNS answered."""


class _NoReply(Exception):
    """No DNS server gave an answer that could be used."""


class Endpoint(NamedTuple):
    """Where one datagram or connection goes."""

    address: str
    port: int

    def __str__(self) -> str:
        return str(HostPort(self.address, self.port))

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` gave. Raises InvalidValue."""
        parsed = split_hostname(text)
        return cls(parsed.host, parsed.port or 0)


class Resolver:
    """Asks the machine's DNS servers, or `nameservers` at `port`; then the machine's own table of hosts."""

    def __init__(
        self,
        *,
        nameservers: Sequence[str] = (),
        port: int = 53,
        lifetime_s: float = 3.0,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lifetime_s = lifetime_s
        self._now_s = now_s
        self._seed = secrets.token_hex(8)
        self._hosts = ThreadPoolExecutor(max_workers=2, thread_name_prefix="hosts")
        self._dns = self._dns_resolver(nameservers, port)
        self._with_services: set[str] = set()

    def _dns_resolver(self, nameservers: Sequence[str], port: int) -> dns.asyncresolver.Resolver | None:
        try:
            resolver = dns.asyncresolver.Resolver(configure=not nameservers)
        except dns.resolver.NoResolverConfiguration:
            return None
        if nameservers:
            resolver.nameservers = list(nameservers)
            resolver.port = port
        resolver.lifetime = self._lifetime_s
        resolver.cache = dns.resolver.LRUCache()
        return resolver

    async def endpoints(self, hostname: str, transport: str) -> list[Endpoint]:
        """The addresses of the hostname, best first. Raises NameNotResolved."""
        parsed = split_hostname(hostname)
        port = parsed.port or DEFAULT_PORTS[transport]
        if parsed.address is not None:
            return [Endpoint(str(parsed.address), port)]
        targets = [(parsed.host, port)]
        if parsed.port is None:
            targets = await self._services(parsed.host, transport) or targets
        found: list[Endpoint] = []
        for host, target_port in targets:
            found += [Endpoint(address, target_port) for address in await self._addresses(host)]
        if not found:
            raise NameNotResolved(f"no address found for {parsed.host}")
        return list(dict.fromkeys(found))[:MOST_ADDRESSES]

    async def _services(self, host: str, transport: str) -> list[tuple[str, int]]:
        """SRV targets, drawn by weight; one draw holds for REDRAW_S, so that not each probe moves all calls.

        While DNS is away, a name that had SRV records is not resolved: its addresses at the usual port are others.
        """
        name = f"{SERVICES[transport]}.{host}"
        try:
            answer = await self._ask(name, RdataType.SRV)
        except _NoReply:
            if name in self._with_services:
                raise NameNotResolved(f"DNS does not answer for {name}") from None
            return []
        self._with_services.discard(name)
        if not answer:
            return []
        self._with_services.add(name)
        records = drawn(sorted(answer, key=lambda record: (str(record.target), record.port)), self._draw_of(name))
        if [str(record.target) for record in records] == ["."]:
            raise NameNotResolved(f"{host} says in DNS that it offers no SIP over {transport}")
        return [(str(record.target).rstrip("."), record.port) for record in records]

    def _draw_of(self, name: str) -> Random:
        """Chance that is the same for a name until the next draw is due, and other on each edge."""
        return Random(f"{self._seed} {name} {int(self._now_s() // REDRAW_S)}")

    async def _addresses(self, host: str) -> list[str]:
        """IPv4 before IPv6. An answer to one question only is not taken for the whole: what was known is better."""
        v4, v6 = await asyncio.gather(self._addresses_of(host, RdataType.A), self._addresses_of(host, RdataType.AAAA))
        if v4 is not None and (found := [*v4, *(v6 or ())]):
            return found
        if own := await self._own_hosts(host):
            return own
        if v4 is None:
            raise NameNotResolved(f"DNS does not answer for {host}")
        return []

    async def _addresses_of(self, host: str, kind: RdataType) -> list[str] | None:
        """None where DNS does not answer."""
        try:
            return [str(record.address) for record in await self._ask(host, kind)]
        except _NoReply:
            return None

    async def _ask(self, name: str, kind: RdataType) -> Sequence[Any]:
        """The records; none where DNS says so. Raises _NoReply where it says nothing of use."""
        if self._dns is None:
            raise _NoReply
        try:
            return list(await self._dns.resolve(name, kind, search=False, raise_on_no_answer=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except dns.exception.DNSException:
            raise _NoReply from None

    async def _own_hosts(self, host: str) -> list[str]:
        """What the system's resolver says, /etc/hosts and all. Two threads of its own: it can hang."""
        loop = asyncio.get_running_loop()
        lookup = loop.run_in_executor(self._hosts, _look_up, host)
        try:
            return await asyncio.wait_for(lookup, self._lifetime_s)
        except (OSError, TimeoutError, UnicodeError):
            return []

    def close(self) -> None:
        """Let go of the threads; one that hangs is left behind."""
        self._hosts.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str) -> list[str]:
    rows = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))
