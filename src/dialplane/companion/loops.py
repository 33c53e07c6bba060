"""The companion's loops, put together from plain values."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from dialplane.client import AsyncClient
from dialplane.client.retries import NO_RETRIES
from dialplane.companion.certificates import ShownCertificates
from dialplane.companion.check import TableCheck
from dialplane.companion.follow import FeedFollower
from dialplane.companion.heartbeat import Heartbeats
from dialplane.companion.probing.certificates import carriers_context
from dialplane.companion.probing.probes import ProbePlan, ProviderProbes
from dialplane.companion.probing.resolver import Resolver
from dialplane.companion.ship import EventShipper
from dialplane.companion.status import EdgeStatus
from dialplane.companion.tables import ReplicaTables
from dialplane.domain.hostname import HostPort
from dialplane.engine.destinations import Destinations
from dialplane.eventlog.reader import Backlog
from dialplane.eventlog.writer import EventLog
from dialplane.system.address import SocketAddress, is_of_this_machine
from dialplane.system.datafolder import EdgeFolder

REQUEST_TIMEOUT_S = 15.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """`own_sip` is the edge's SIP socket by its IP address, `nameserver` a DNS server (None: the system's).

    `authorities` must have signed carriers' certificates (see `probing/certificates.py`); None for no check.
    `certificate` is the file of that which the edge shows, None for the one of its own making.
    """

    folder: EdgeFolder
    edge: str
    control_url: str
    key: str = field(repr=False)
    own_sip: SocketAddress
    denied_networks: Sequence[str] = ()
    nameserver: SocketAddress | None = None
    authorities: Path | None = None
    certificate: Path | None = None
    plan: ProbePlan = field(default_factory=ProbePlan)
    feed_wait_s: int = 20
    check_every_s: float = 600.0
    max_call_s: int = 14_400

    async def run(self) -> None:
        """Run the loops until cancelled. Raises an ExceptionGroup as soon as one of them dies."""
        self.folder.root.mkdir(parents=True, exist_ok=True)
        heartbeats = Heartbeats(self.folder.companion_status)
        backlog = Backlog(self.folder.events)
        tables = ReplicaTables(self.folder.replica)
        resolver = Resolver(self.nameserver)
        client = AsyncClient(
            self.control_url, token=self.key, timeout_s=REQUEST_TIMEOUT_S, retries=NO_RETRIES, tells_clock=True
        )
        probes = self._probes(tables, resolver, heartbeats)
        follower = self._follower(client, tables, heartbeats, on_change=probes.refresh)
        shipper = EventShipper(client, backlog, edge=self.edge, heartbeats=heartbeats)
        status = self._status(tables, heartbeats)
        check = TableCheck(tables, heartbeats=heartbeats, every_s=self.check_every_s)
        try:
            async with client, asyncio.TaskGroup() as group:
                for loop in (follower.run, shipper.run, probes.run, status.run, check.run, heartbeats.watch):
                    group.create_task(loop())
        finally:
            resolver.close()
            tables.close()

    def _follower(
        self, client: AsyncClient, tables: ReplicaTables, heartbeats: Heartbeats, *, on_change: Callable[[], None]
    ) -> FeedFollower:
        return FeedFollower(
            client,
            tables,
            edge=self.edge,
            spool_folder=self.folder.root,
            heartbeats=heartbeats,
            on_change=on_change,
            wait_s=self.feed_wait_s,
        )

    def _status(self, tables: ReplicaTables, heartbeats: Heartbeats) -> EdgeStatus:
        return EdgeStatus(
            self._events(),
            kamailio=self.folder.kamailio,
            max_call_s=self.max_call_s,
            heartbeats=heartbeats,
            damages=lambda: tables.damages,
            certificates=ShownCertificates(self.certificate or self.folder.kamailio.certificate).held,
        )

    def _probes(self, tables: ReplicaTables, resolver: Resolver, heartbeats: Heartbeats) -> ProviderProbes:
        own = HostPort(*self.own_sip)
        return ProviderProbes(
            tables,
            resolver=resolver,
            destinations=Destinations([own], denied=self.denied_networks, is_local=is_of_this_machine),
            events=self._events(),
            heartbeats=heartbeats,
            plan=self.plan,
            tls=carriers_context(self.authorities),
        )

    def _events(self) -> EventLog:
        return EventLog(self.folder.events, edge=self.edge)


async def run_until_stopped(companion: Companion) -> None:
    """Run until SIGTERM or SIGINT. Raises an ExceptionGroup when a loop dies."""
    running = asyncio.ensure_future(companion.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        log.info("companion stopped")
