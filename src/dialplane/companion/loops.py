"""The agent's loops, put together from plain values."""

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from dialplane.client import AsyncClient
from dialplane.client.retries import NO_RETRIES
from dialplane.companion.check import TableCheck
from dialplane.companion.follow import FeedFollower
from dialplane.companion.heartbeat import Heartbeats
from dialplane.companion.probing.certificates import carriers_context
from dialplane.companion.probing.destinations import Destinations
from dialplane.companion.probing.probes import ProbePlan, ProviderProbes
from dialplane.companion.probing.resolver import Resolver
from dialplane.companion.ship import EventShipper
from dialplane.companion.status import EdgeStatus
from dialplane.companion.tables import ReplicaTables
from dialplane.domain.hostname import Network
from dialplane.eventlog.reader import Backlog
from dialplane.eventlog.writer import EventLog

REQUEST_TIMEOUT_S = 15.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """`folder` is the edge's: replica/, events/ and agent.json stand in it. `own_sip` is the edge's SIP socket.

    `authorities` must have signed carriers' certificates (see `certificates.py`); None for no check.
    """

    folder: Path
    edge: str
    control_url: str
    key: str = field(repr=False)
    own_sip: tuple[str, int]
    denied_networks: Sequence[Network] = ()
    nameservers: Sequence[str] = ()
    nameserver_port: int = 53
    authorities: Path | None = None
    plan: ProbePlan = field(default_factory=ProbePlan)
    feed_wait_s: int = 20
    check_every_s: float = 600.0
    max_call_s: int = 14_400

    async def run(self) -> None:
        """Run the loops until cancelled. Raises an ExceptionGroup as soon as one of them dies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        heartbeats = Heartbeats(self.folder / "agent.json")
        backlog = Backlog(self.folder / "events")
        tables = ReplicaTables(self.folder / "replica")
        resolver = Resolver(nameservers=self.nameservers, port=self.nameserver_port)
        probes = self._probes(tables, resolver, heartbeats)
        client = AsyncClient(self.control_url, token=self.key, timeout_s=REQUEST_TIMEOUT_S, retries=NO_RETRIES)
        follower = FeedFollower(
            client,
            tables,
            edge=self.edge,
            spool_folder=self.folder,
            heartbeats=heartbeats,
            on_change=probes.refresh,
            wait_s=self.feed_wait_s,
        )
        shipper = EventShipper(client, backlog, edge=self.edge, heartbeats=heartbeats)
        status = EdgeStatus(
            EventLog(self.folder / "events", edge=self.edge),
            run_folder=self.folder / "kamailio",
            max_call_s=self.max_call_s,
            heartbeats=heartbeats,
            damages=lambda: tables.damages,
        )
        check = TableCheck(tables, heartbeats=heartbeats, every_s=self.check_every_s)
        try:
            async with client, asyncio.TaskGroup() as group:
                for loop in (follower.run, shipper.run, probes.run, status.run, check.run, heartbeats.watch):
                    group.create_task(loop())
        finally:
            resolver.close()
            tables.close()

    def _probes(self, tables: ReplicaTables, resolver: Resolver, heartbeats: Heartbeats) -> ProviderProbes:
        return ProviderProbes(
            tables,
            resolver=resolver,
            destinations=Destinations(own=self.own_sip, denied=self.denied_networks),
            events=EventLog(self.folder / "events", edge=self.edge),
            heartbeats=heartbeats,
            plan=self.plan,
            tls=carriers_context(self.authorities),
        )


async def run_until_stopped(companion: Companion) -> None:
    """Run until SIGTERM or SIGINT. Raises an ExceptionGroup when a loop dies."""
    running = asyncio.ensure_future(companion.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        log.info("edge agent stopped")
