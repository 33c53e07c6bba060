"""From a provider's hostname to the addresses that SIP for it goes to (RFC 3263), ahead of any call."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import dns.asyncresolver
import dns.exception
import dns.resolver
from dns.rdatatype import RdataType

from dialplane.domain.hostname import HostPort, split_hostname

DEFAULT_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
SERVICES = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
MOST_ADDRESSES = 16  # of one hostname: beyond that a zone is broken or hostile


class NameNotResolved(Exception):
    """No address for this hostname now. The message says what DNS answered."""


class Endpoint(NamedTuple):
    """Where one datagram or connection goes."""

    address: str
    port: int

    def __str__(self) -> str:
        return str(HostPort(self.address, self.port))


class Resolver:
    """Asks the machine's DNS servers, or `nameservers` at `port`; then the machine's own table of hosts."""

    def __init__(self, *, nameservers: Sequence[str] = (), port: int = 53, lifetime_s: float = 3.0) -> None:
        self._lifetime_s = lifetime_s
        self._hosts = ThreadPoolExecutor(max_workers=2, thread_name_prefix="hosts")
        self._dns = self._dns_resolver(nameservers, port)

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
        """SRV targets: lower priority first, among equals the heavier first (the draw by weight is the script's)."""
        answer = await self._ask(f"{SERVICES[transport]}.{host}", RdataType.SRV)
        records = sorted(answer, key=lambda record: (record.priority, -record.weight, str(record.target)))
        if [str(record.target) for record in records] == ["."]:
            raise NameNotResolved(f"{host} says in DNS that it offers no SIP over {transport}")
        return [(str(record.target).rstrip("."), record.port) for record in records]

    async def _addresses(self, host: str) -> list[str]:
        v4, v6 = await asyncio.gather(self._ask(host, RdataType.A), self._ask(host, RdataType.AAAA))
        found = [str(record.address) for record in (*v4, *v6)]
        return found or await self._own_hosts(host)

    async def _ask(self, name: str, kind: RdataType) -> Sequence[Any]:
        if self._dns is None:
            return ()
        try:
            answer = await self._dns.resolve(name, kind, search=False, raise_on_no_answer=False)
        except dns.exception.DNSException:
            return ()
        return list(answer)

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
