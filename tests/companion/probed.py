"""Carriers that answer OPTIONS to order, and an edge whose providers are probed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dialplane.companion.heartbeat import Heartbeats
from dialplane.companion.probing.judgement import Thresholds
from dialplane.companion.probing.probes import ProbePlan, ProviderProbes
from dialplane.companion.probing.resolver import Resolver
from dialplane.companion.tables import ReplicaTables
from dialplane.domain.hostname import HostPort
from dialplane.domain.provider import Provider
from dialplane.domain.records import record_of
from dialplane.engine.destinations import Destinations
from dialplane.eventlog.writer import EventLog
from dialplane.replica.reader import ReplicaReader
from dialplane.system.address import SocketAddress, is_of_this_machine
from tests.companion.controlplane import default_customer

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
        with suppress(asyncio.IncompleteReadError, ConnectionError):
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
    resolver = Resolver(SocketAddress("127.0.0.1", nameserver_port), lifetime_s=0.5)
    probes = ProviderProbes(
        tables,
        resolver=resolver,
        destinations=Destinations([HostPort(*own)], is_local=is_of_this_machine),
        events=EventLog(folder / "events", edge="here"),
        heartbeats=Heartbeats(folder / "companion.json"),
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


def spoil(tables: ReplicaTables, table: bytes) -> None:
    """Change a stored value behind its checksum."""
    generation = tables._writer._generation
    assert generation is not None
    with generation.environment.begin(write=True) as transaction:
        cursor = transaction.cursor(tables._writer._tables[table])
        assert cursor.first()
        transaction.put(cursor.key(), b"\0\0\0\0" + cursor.value()[4:], db=tables._writer._tables[table])


def self_signed(folder: Path) -> Path:
    """A file with a key and a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "carrier.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    file = folder / "carrier.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file
