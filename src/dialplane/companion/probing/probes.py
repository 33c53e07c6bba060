"""Loop 3: OPTIONS to every provider. Resolved addresses go into the replica, health also into the event log."""

import asyncio
import math
import random
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address

import structlog

from dialplane.companion.heartbeat import Heartbeats
from dialplane.companion.probing.certificates import carriers_context
from dialplane.companion.probing.judgement import Judgement, Thresholds
from dialplane.companion.probing.options import DOWN_STATUSES, says_up
from dialplane.companion.probing.resolver import NameNotResolved, Resolver
from dialplane.companion.probing.transports import NoAnswer, probe_status
from dialplane.companion.tables import ReplicaTables, ReplicaUnusable
from dialplane.domain.health import Health, HealthStatus
from dialplane.domain.hostname import HostPort, forbidden_destination
from dialplane.domain.provider import Provider
from dialplane.engine.destinations import Destinations
from dialplane.engine.reasons import Reason
from dialplane.eventlog.writer import EventLog
from dialplane.system.address import SocketAddress
from dialplane.system.clock import now_us

LOOP = "probes"
AT_ONCE = 64  # probes under way: each holds a socket
FIRST_WITHIN_S = 0.5  # spreads the first probes of a full load, and still resolves names before the first call

_WORDS = {Reason.OWN_SOCKET: "this edge's own SIP socket", Reason.DENIED_NETWORK: "in a network that the settings deny"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePlan:
    """Seconds. Each wait is drawn within `jitter` around its value, so that probes do not march in step."""

    interval_s: float = 10.0
    doubt_interval_s: float = 2.0
    timeout_s: float = 2.0
    report_s: float = 55.0
    jitter: float = 0.2
    thresholds: Thresholds = field(default_factory=Thresholds)

    def wait_s(self, *, in_doubt: bool) -> float:
        """Until the next probe: sooner while the last one contradicts the health."""
        wait_s = min(self.doubt_interval_s, self.interval_s) if in_doubt else self.interval_s
        return wait_s * random.uniform(1 - self.jitter, 1 + self.jitter)


@dataclass(frozen=True, slots=True)
class Found:
    """The result of one probe: up or not, why, and the addresses to send calls to (None: keep the last good ones)."""

    up: bool
    detail: str
    addresses: Sequence[str] | None


class ProviderProbes:
    """One task for each provider and hostname. Call `refresh` whenever the replica has changed.

    `tls` is for connections to carriers over TLS; None checks no certificate.
    """

    def __init__(
        self,
        tables: ReplicaTables,
        *,
        resolver: Resolver,
        destinations: Destinations,
        events: EventLog,
        heartbeats: Heartbeats,
        plan: ProbePlan | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._tables = tables
        self._resolver = resolver
        self._destinations = destinations
        self._events = events
        self._heartbeats = heartbeats
        self._plan = plan or ProbePlan()
        self._tls = tls or carriers_context(None)
        self._changed = asyncio.Event()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._loads = tables.loads
        self._watches: dict[tuple[str, str, str], asyncio.Task[None]] = {}

    def refresh(self) -> None:
        """The providers may have changed."""
        self._changed.set()

    async def run(self) -> None:
        """Probe for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._changed.clear()
                await self._heartbeats.during(LOOP, self._reconcile(group))
                self._heartbeats.beat(LOOP, providers=len(self._watches))
                try:
                    await asyncio.wait_for(self._changed.wait(), timeout=30.0)
                except TimeoutError:
                    continue

    async def _reconcile(self, group: asyncio.TaskGroup) -> None:
        """Start a task for each new provider, stop those of deleted ones. A changed hostname starts at unknown.

        After a full load all tasks start again, and so write again what the replica may have lost.
        """
        try:
            providers, stored = await self._tables.providers(), await self._tables.health()
            led_to = await self._tables.addresses()
        except ReplicaUnusable as error:
            log.error("providers not read, those from before are probed on", why=str(error))
            return
        wanted = {_key(provider): provider for provider in providers if provider.enabled}
        gone = self._watches.keys() - (wanted.keys() if self._tables.loads == self._loads else set())
        self._loads = self._tables.loads
        for key in gone:
            self._watches.pop(key).cancel()
        for key in wanted.keys() - self._watches.keys():
            provider = wanted[key]
            health = stored.get(provider.id, Health())
            same = health.hostname == provider.hostname
            begin = Judgement(health.status) if same else Judgement()
            watch = self._watch(provider, begin, led_to.get(key, ()))
            self._watches[key] = group.create_task(watch, name=f"probe {provider.id}")

    async def _watch(self, provider: Provider, judgement: Judgement, led_to: Sequence[str]) -> None:
        await asyncio.sleep(random.uniform(0, min(FIRST_WITHIN_S, self._plan.interval_s)))
        kept = _Kept(addresses=None, reported_at=-math.inf)
        while True:
            async with self._places:
                found = await self._probe(provider, led_to)
            led_to = led_to if found.addresses is None else found.addresses
            before, judgement = judgement, judgement.after(up=found.up, thresholds=self._plan.thresholds)
            if judgement.status != before.status:
                kept.reported_at = -math.inf
                log.info("provider health", provider=provider.id, status=judgement.status, detail=found.detail)
            try:
                await self._keep(provider, judgement.status, found, kept)
            except (ReplicaUnusable, OSError) as error:
                log.error("probe not recorded", provider=provider.id, why=str(error))
            await asyncio.sleep(self._plan.wait_s(in_doubt=judgement.in_doubt))

    async def _keep(self, provider: Provider, status: HealthStatus, found: Found, kept: "_Kept") -> None:
        """Store changed addresses, and the health unless its last report is recent. Raises ReplicaUnusable, OSError."""
        if found.addresses is not None and found.addresses != kept.addresses:
            await self._tables.set_addresses(provider, found.addresses)
            kept.addresses = found.addresses
        now = time.monotonic()
        if now - kept.reported_at < self._plan.report_s:
            return
        health = Health(status, now_us(), provider.hostname, found.detail)
        await self._tables.set_health(provider.id, health)
        self._events.provider_health(provider.id, hostname=provider.hostname, status=status, detail=found.detail)
        self._events.write()
        kept.reported_at = now

    async def _probe(self, provider: Provider, led_to: Sequence[str]) -> Found:
        """`led_to` are the addresses that the name had when it was last resolved, used while DNS does not answer."""
        unresolved = ""
        try:
            endpoints = await self._resolver.endpoints(provider.hostname, provider.transport)
        except NameNotResolved as error:
            if not led_to:
                return Found(False, str(error), None)
            endpoints, unresolved = [SocketAddress.parse(address) for address in led_to], f"; {error}"
        refusals = {endpoint: refusal(endpoint, self._destinations) for endpoint in endpoints}
        allowed = [endpoint for endpoint in endpoints if refusals[endpoint] is None]
        if not allowed:
            return Found(False, f"leads to {refusals[endpoints[0]]}, where no call is sent", ())
        found = await self._probe_all(provider, allowed)
        return replace(found, detail=found.detail + unresolved)

    async def _probe_all(self, provider: Provider, endpoints: Sequence[SocketAddress]) -> Found:
        """Up if one address is; those that are up come first, each part in the order of DNS."""
        outcomes = await asyncio.gather(*(self._probe_one(provider, endpoint) for endpoint in endpoints))
        good = [endpoint for endpoint, (up, _) in zip(endpoints, outcomes, strict=True) if up]
        rest = [endpoint for endpoint, (up, _) in zip(endpoints, outcomes, strict=True) if not up]
        detail = outcomes[endpoints.index(good[0])][1] if good else outcomes[0][1]
        return Found(bool(good), detail, tuple(str(endpoint) for endpoint in good + rest))

    async def _probe_one(self, provider: Provider, endpoint: SocketAddress) -> tuple[bool, str]:
        try:
            status = await probe_status(
                endpoint,
                hostname=provider.hostname,
                transport=provider.transport,
                timeout_s=self._plan.timeout_s,
                tls=self._tls,
            )
        except NoAnswer as error:
            return False, f"{endpoint}: {error}"
        why = DOWN_STATUSES.get(status)
        return says_up(status), f"{endpoint}: {status}" + (f", {why}" if why else "")


@dataclass(slots=True)
class _Kept:
    """The addresses of a provider that are in the replica (None: not stored yet), and when its health was reported last
    (monotonic seconds)."""

    addresses: Sequence[str] | None
    reported_at: float


def refusal(endpoint: SocketAddress, destinations: Destinations) -> str | None:
    """Why no call may be sent to an address that a name leads to, in words that follow "leads to"; None if it may."""
    place = HostPort(*endpoint)
    forbidden = forbidden_destination(ip_address(endpoint.host))
    if forbidden is not None:
        return f"{'an' if forbidden[0] in 'aeiou' else 'a'} {forbidden} address"
    reason = destinations.refusal(place)
    return None if reason is None else _WORDS[reason]


def _key(provider: Provider) -> tuple[str, str, str]:
    return provider.id, provider.hostname, provider.transport
