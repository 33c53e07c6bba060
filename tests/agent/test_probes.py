import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from dialplane.agent.destinations import Destinations
from dialplane.agent.eventwriter import EventWriter
from dialplane.agent.heartbeat import Heartbeats
from dialplane.agent.judgement import Thresholds
from dialplane.agent.probes import ProbePlan, ProviderProbes
from dialplane.agent.resolver import Resolver
from dialplane.agent.tables import ReplicaTables
from dialplane.domain.health import HEALTHY, UNHEALTHY, UNKNOWN
from dialplane.domain.provider import Provider
from dialplane.domain.records import record_of
from dialplane.replica.layout import DAMAGED, PROVIDERS
from dialplane.replica.reader import ReplicaReader
from tests.agent.controlplane import default_customer
from tests.agent.nameserver import serving
from tests.waiting import eventually_async

CARRIER = "4dbeabd6-f397-4375-95d2-a38411e07ed1"
PLAN = ProbePlan(
    interval_s=0.1,
    doubt_interval_s=0.05,
    timeout_s=0.3,
    report_s=30.0,
    thresholds=Thresholds(down_after=3, up_after=2),
)


class Carrier(asyncio.DatagramProtocol):
    """Answers OPTIONS with `status`; None is silence. Speaks UDP, and TCP through `over_tcp`."""

    def __init__(self, status: int | None = 200) -> None:
        self.status = status
        self.asked = 0
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        answer = self.answer(data)
        if answer and self._transport is not None:
            self._transport.sendto(answer, addr)

    async def over_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = self.answer(await reader.readuntil(b"\r\n\r\n"))
        if answer:
            writer.write(answer)
            await writer.drain()
        writer.close()

    def answer(self, request: bytes) -> bytes | None:
        self.asked += 1
        if self.status is None:
            return None
        wanted = (b"via:", b"from:", b"to:", b"call-id:", b"cseq:")
        headers = [line for line in request.split(b"\r\n") if line.lower().startswith(wanted)]
        provisional = b"\r\n".join([b"SIP/2.0 100 Trying", *headers, b"Content-Length: 0", b"", b""])
        final = b"\r\n".join([b"SIP/2.0 %d Whatever" % self.status, *headers, b"Content-Length: 0", b"", b""])
        if self._transport is None:
            return provisional + final
        return final


def provider(hostname: str, *, transport: str = "udp") -> Provider:
    return Provider(id=CARRIER, type="sip", hostname=hostname, transport=transport, tm_create=1)


@asynccontextmanager
async def udp_carrier(status: int | None = 200, address: str = "127.0.0.1") -> AsyncIterator[tuple[Carrier, int]]:
    transport, carrier = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Carrier(status), local_addr=(address, 0)
    )
    try:
        yield carrier, int(transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


class Edge:
    """A replica, its prober, and what can be seen of them."""

    def __init__(self, folder: Path, tables: ReplicaTables, probes: ProviderProbes) -> None:
        self.folder = folder
        self.tables = tables
        self.probes = probes
        self.revision = 0

    async def put(self, *providers: Provider) -> None:
        """Change the providers as the feed would."""
        await self._take(providers, full=self.revision == 0)

    async def load(self, *providers: Provider) -> None:
        """A full load."""
        await self._take(providers, full=True)

    async def _take(self, providers: Sequence[Provider], *, full: bool) -> None:
        self.revision += 1
        lines: list[dict[str, Any]] = [{"epoch": "e", "revision": self.revision, "full": full}]
        lines.append({"kind": "customer", "record": record_of(default_customer())})
        lines += [{"kind": "provider", "record": record_of(item)} for item in providers]
        lines.append({"end": self.revision, "count": len(lines) - 1})
        await self.tables.take(
            BytesIO(b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines))
        )
        self.probes.refresh()

    def status(self) -> str:
        return str(self._read(lambda view: view.health(CARRIER).status))

    def detail(self) -> str:
        return str(self._read(lambda view: view.health(CARRIER).detail))

    def addresses(self) -> list[str]:
        return list(self._read(lambda view: view.addresses(CARRIER)))

    def _read(self, question: Callable[[Any], Any]) -> Any:
        reader = ReplicaReader(self.folder / "replica")
        try:
            with reader.view() as view:
                return question(view)
        finally:
            reader.close()

    def events(self) -> list[dict[str, Any]]:
        return [
            json.loads(line)
            for path in sorted((self.folder / "events").glob("*.jsonl"))
            for line in path.read_text().splitlines()
        ]


@asynccontextmanager
async def probing(
    folder: Path, *, plan: ProbePlan = PLAN, nameserver_port: int = 9, own: tuple[str, int] = ("127.0.0.1", 5060)
) -> AsyncIterator[Edge]:
    (folder / "events").mkdir(exist_ok=True)
    tables = ReplicaTables(folder / "replica")
    resolver = Resolver(nameservers=["127.0.0.1"], port=nameserver_port, lifetime_s=0.5)
    probes = ProviderProbes(
        tables,
        resolver=resolver,
        destinations=Destinations(own=own),
        events=EventWriter(folder / "events", edge="here"),
        heartbeats=Heartbeats(folder / "agent.json"),
        plan=plan,
    )
    task = asyncio.create_task(probes.run())
    try:
        yield Edge(folder, tables, probes)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        resolver.close()
        tables.close()


@pytest.mark.parametrize("status", [200, 403, 404, 405, 501])
def test_a_provider_that_answers_is_healthy_whatever_it_thinks_of_options(tmp_path: Path, status: int) -> None:
    async def scenario() -> None:
        async with udp_carrier(status) as (_, port), probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: edge.status() == HEALTHY)
            assert edge.detail() == f"127.0.0.1:{port}: {status}"
            event = (await eventually_async(edge.events))[-1]
        assert (event["kind"], event["provider_id"], event["status"]) == ("provider_health", CARRIER, HEALTHY)
        assert event["hostname"] == f"127.0.0.1:{port}"

    asyncio.run(scenario())


@pytest.mark.parametrize(("status", "why"), [(503, "503, it says that it is unavailable"), (None, "no answer")])
def test_503_and_silence_are_unhealthy_after_the_threshold(tmp_path: Path, status: int | None, why: str) -> None:
    async def scenario() -> None:
        async with udp_carrier(status) as (carrier, port), probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: edge.status() == UNHEALTHY)
            assert carrier.asked >= 3
            assert why in edge.detail()

    asyncio.run(scenario())


def test_a_provider_that_nobody_listens_for_is_unhealthy(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    async def scenario() -> None:
        async with probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: edge.status() == UNHEALTHY)
            assert "refused" in edge.detail()

    asyncio.run(scenario())


def test_health_goes_and_comes_with_the_provider_and_each_change_is_an_event(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port), probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            for status, health in ((503, UNHEALTHY), (200, HEALTHY), (None, UNHEALTHY), (200, HEALTHY)):
                carrier.status = status
                await eventually_async(lambda wanted=health: edge.status() == wanted)  # type: ignore[misc]
            changes = [event["status"] for event in edge.events()]
        assert changes[-4:] == [UNHEALTHY, HEALTHY, UNHEALTHY, HEALTHY]
        assert all(before != after for before, after in pairwise(changes))

    asyncio.run(scenario())


def test_one_lost_probe_changes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port), probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: edge.status() == HEALTHY)
            carrier.status, asked = 503, carrier.asked
            await eventually_async(lambda: carrier.asked > asked)
            carrier.status, asked = 200, carrier.asked
            await eventually_async(lambda: carrier.asked > asked + 2)
            assert [event["status"] for event in edge.events()] == [HEALTHY]

    asyncio.run(scenario())


def test_health_is_reported_again_and_again_so_that_its_age_is_known(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (_, port), probing(tmp_path, plan=replace(PLAN, report_s=0.2)) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: len(edge.events()) >= 3)
            assert {event["status"] for event in edge.events()} == {HEALTHY}

    asyncio.run(scenario())


def test_a_changed_hostname_begins_at_unknown(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (_, port), udp_carrier(None) as (silent, other), probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: edge.status() == HEALTHY)
            await edge.put(provider(f"127.0.0.1:{other}"))
            assert edge.status() == UNKNOWN
            await eventually_async(lambda: edge.status() == UNHEALTHY)
            assert silent.asked >= 3

    asyncio.run(scenario())


def test_a_deleted_or_disabled_provider_is_probed_no_more(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port), probing(tmp_path) as edge:
            present = provider(f"127.0.0.1:{port}")
            for gone in (replace(present, enabled=False), replace(present, tm_delete=5)):
                await edge.put(present)
                await eventually_async(lambda: carrier.asked > 0)
                await edge.put(gone)
                await eventually_async(lambda: not edge.probes._watches)
                carrier.asked = 0
                await asyncio.sleep(0.3)
                assert carrier.asked <= 1

    asyncio.run(scenario())


def test_a_provider_is_probed_over_its_own_transport(tmp_path: Path) -> None:
    async def scenario() -> None:
        carrier = Carrier(200)
        server = await asyncio.start_server(carrier.over_tcp, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}", transport="tcp"))
            await eventually_async(lambda: edge.status() == HEALTHY)
            server.close()
            await eventually_async(lambda: edge.status() == UNHEALTHY)

    asyncio.run(scenario())


def test_names_are_resolved_ahead_of_calls_and_an_address_that_answers_stands_first(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (_, port):
            zone = {
                ("_sip._udp.carrier.example", "SRV"): [f"1 0 {port} dead.example.", f"2 0 {port} live.example."],
                ("dead.example", "A"): ["127.0.0.77"],
                ("live.example", "A"): ["127.0.0.1"],
            }
            with serving(zone) as dns:
                async with probing(tmp_path, nameserver_port=dns.port) as edge:
                    await edge.put(provider("carrier.example"))
                    await eventually_async(lambda: edge.status() == HEALTHY)
                    assert edge.addresses() == [f"127.0.0.1:{port}", f"127.0.0.77:{port}"]

    asyncio.run(scenario())


def test_the_last_good_addresses_are_kept_while_dns_is_away(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (_, port):
            with serving({("carrier.example", "A"): ["127.0.0.1"]}) as dns:
                async with probing(tmp_path, nameserver_port=dns.port) as edge:
                    await edge.put(provider(f"carrier.example:{port}"))
                    await eventually_async(lambda: edge.addresses() == [f"127.0.0.1:{port}"])
                    dns.silent = True
                    await eventually_async(lambda: edge.status() == UNHEALTHY, within_s=20)
                    assert edge.addresses() == [f"127.0.0.1:{port}"]

    asyncio.run(scenario())


def test_a_name_that_leads_to_a_forbidden_address_gets_no_probe_and_no_call(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port):
            with serving({("carrier.example", "A"): ["169.254.169.254"], ("own.example", "A"): ["127.0.0.1"]}) as dns:
                async with probing(tmp_path, nameserver_port=dns.port, own=("127.0.0.1", port)) as edge:
                    await edge.put(provider("carrier.example"))
                    await eventually_async(lambda: edge.status() == UNHEALTHY)
                    assert edge.detail() == "leads to a link-local address, where no call is sent"
                    await edge.put(provider(f"own.example:{port}"))
                    await eventually_async(lambda: edge.status() == UNHEALTHY)
                    assert "own SIP socket" in edge.detail()
                    assert edge.addresses() == []
                    assert carrier.asked == 0

    asyncio.run(scenario())


def test_a_restarted_agent_keeps_the_health_that_it_knew(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port):
            async with probing(tmp_path) as edge:
                await edge.put(provider(f"127.0.0.1:{port}"))
                await eventually_async(lambda: edge.status() == HEALTHY)
            carrier.status = None
            async with probing(tmp_path, plan=replace(PLAN, timeout_s=0.05)) as edge:
                await eventually_async(lambda: len(edge.events()) >= 2)
                assert edge.events()[1]["status"] == HEALTHY
                await eventually_async(lambda: edge.status() == UNHEALTHY)

    asyncio.run(scenario())


def test_damage_in_the_replica_ends_no_probe_and_is_left_for_the_follower_to_mend(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port), probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: edge.status() == HEALTHY)
            await edge.tables._run(lambda: spoil(edge.tables, PROVIDERS))
            edge.probes.refresh()
            await eventually_async((tmp_path / "replica" / DAMAGED).exists)
            asked = carrier.asked
            await eventually_async(lambda: carrier.asked > asked + 2)

    asyncio.run(scenario())


def test_a_replica_that_was_rebuilt_gets_its_health_and_addresses_again_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (_, port):
            with serving({("carrier.example", "A"): ["127.0.0.1"]}) as dns:
                plan = replace(PLAN, interval_s=60.0)
                async with probing(tmp_path, plan=plan, nameserver_port=dns.port) as edge:
                    await edge.put(provider(f"carrier.example:{port}"))
                    await eventually_async(lambda: edge.status() == HEALTHY)
                    await edge.tables.forget()
                    await edge.load(provider(f"carrier.example:{port}"))
                    await eventually_async(lambda: edge.addresses() == [f"127.0.0.1:{port}"])
                    await eventually_async(lambda: edge.status() == HEALTHY)

    asyncio.run(scenario())


def test_a_replica_that_cannot_be_written_ends_no_probe(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port), probing(tmp_path, plan=replace(PLAN, report_s=0.0)) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: edge.status() == HEALTHY)
            (tmp_path / "events").rename(tmp_path / "away")
            asked = carrier.asked
            await eventually_async(lambda: carrier.asked > asked + 3)
            (tmp_path / "away").rename(tmp_path / "events")
            known = len(edge.events())
            await eventually_async(lambda: len(edge.events()) > known)

    asyncio.run(scenario())


def spoil(tables: ReplicaTables, table: bytes) -> None:
    """Change a stored value behind its checksum."""
    generation = tables._writer._generation
    assert generation is not None
    with generation.environment.begin(write=True) as transaction:
        cursor = transaction.cursor(tables._writer._tables[table])
        assert cursor.first()
        transaction.put(cursor.key(), b"\0\0\0\0" + cursor.value()[4:], db=tables._writer._tables[table])
