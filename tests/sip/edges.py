"""A real edge for tests: Kamailio on free ports, with a replica of its own."""

import json
import os
import signal
import site
import socket
import subprocess
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dialplane.domain.customer import Customer
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.provider import Provider
from dialplane.domain.records import record_of
from dialplane.domain.route import Route
from dialplane.domain.trunk import IP, Trunk
from dialplane.edge.settings import EdgeSettings
from dialplane.eventlog.reader import LogTail
from dialplane.kamailio import command, render
from dialplane.kamailio.config import EdgeConfig
from dialplane.replica.writer import ReplicaWriter
from dialplane.settings import Settings
from tests.ports import free_port
from tests.waiting import eventually

Event = dict[str, Any]
_KINDS = {Customer: "customer", Provider: "provider", Route: "route", Trunk: "trunk"}
_OPTIONS = (
    "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKprobe{n}\r\n"
    "From: <sip:probe@127.0.0.1>;tag=1\r\nTo: <sip:probe@127.0.0.1>\r\nCall-ID: probe{n}\r\nCSeq: 1 OPTIONS\r\n"
    "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


def new_id() -> str:
    """An id for an object."""
    return str(uuid.uuid4())


@dataclass
class Table:
    """What the control plane would have told this edge."""

    customer: Customer = field(default_factory=lambda: Customer(id=new_id(), name="customer"))
    objects: list[Customer | Provider | Route | Trunk] = field(default_factory=list)

    def trunk(self, **fields: Any) -> Trunk:
        """A trunk of the customer's, at 127.0.0.1 unless said otherwise."""
        settings = {"auth_types": (IP,), "allowed_ips": ("127.0.0.1",), "customer_id": self.customer.id, **fields}
        trunk = Trunk(id=new_id(), **settings)
        self.objects.append(trunk)
        return trunk

    def provider(self, hostname: str, *, target: str = "all", priority: int | None = None, **fields: Any) -> Provider:
        """A provider and the customer's route to it, tried after those that were made before."""
        provider = Provider(id=new_id(), type="sip", hostname=hostname, **fields)
        place = len(self.objects) if priority is None else priority
        route = Route(id=new_id(), customer_id=self.customer.id, provider_id=provider.id, priority=place, target=target)
        self.objects += [provider, route]
        return provider

    def records(self) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Everything as the feed would give it."""
        for item in (Customer(id=SYSTEM_DEFAULT_CUSTOMER), self.customer, *self.objects):
            yield _KINDS[type(item)], record_of(item.for_edge() if isinstance(item, Trunk) else item)


def split_settings(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values that are settings of the edge, and those that are other fields of an `EdgeConfig`."""
    named = {field.name for field in fields(EdgeSettings)}
    settings = {name: value for name, value in values.items() if name in named}
    return settings, {name: value for name, value in values.items() if name not in named}


class RunningEdge:
    """Kamailio with this table. `port` is for UDP and TCP on `host`: 127.0.0.1, or all addresses."""

    def __init__(
        self,
        folder: Path,
        table: Table,
        *,
        port: int,
        host: str = "127.0.0.1",
        more_sockets: Sequence[str] = (),
        **settings: Any,
    ) -> None:
        self.port = port
        self.folder = folder
        named, others = split_settings(settings)
        self.config = EdgeConfig(
            settings=EdgeSettings.of(Settings(), **{"edge_name": "test", "breaker_failures": 0, **named}),
            listen=(f"udp:{host}:{self.port}", f"tcp:{host}:{self.port}", *more_sockets),
            replica=folder / "replica",
            events=folder / "events",
            run=folder / "run",
            site_packages=Path(site.getsitepackages()[0]),
            **{"workers": 2, "debug": 0, **others},
        )
        self.load(table)
        self._process: subprocess.Popen[bytes] | None = None
        self._past: frozenset[str] = frozenset()

    def load(self, table: Table) -> None:
        """Replace the replica."""
        writer = ReplicaWriter(self.config.replica)
        writer.replace(table.records(), revision=writer.revision + 1, epoch=new_id())
        writer.close()

    def resolve(self, provider: Provider, *addresses: str) -> None:
        """Say where a provider's name leads."""
        writer = ReplicaWriter(self.config.replica)
        writer.set_addresses(provider, addresses)
        writer.close()

    def start(self) -> None:
        """Start Kamailio and wait until it answers."""
        render.write_config(self.config)
        with (self.folder / "kamailio.log").open("ab") as log:
            self._process = subprocess.Popen(
                command.command_line(self.config),
                env=command.environment(self.config),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            probe.settimeout(0.05)
            eventually(lambda: self._answers(probe), what="Kamailio to answer")

    def _answers(self, probe: socket.socket) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        message = _OPTIONS.format(port=probe.getsockname()[1], n=os.urandom(4).hex())
        try:
            probe.sendto(message.encode(), ("127.0.0.1", self.port))
            return probe.recv(4096).startswith(b"SIP/2.0 200")
        except OSError:
            return False

    @property
    def group(self) -> int:
        """The id of Kamailio's process group."""
        assert self._process is not None
        return self._process.pid

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End the whole process group."""
        if self._process is not None:
            os.killpg(self._process.pid, number)
            self._process.wait(timeout=10)
            self._process = None

    def log(self) -> str:
        """What Kamailio has logged."""
        return (self.folder / "kamailio.log").read_text(errors="replace")

    def events(self, kind: str = "") -> list[Event]:
        """The events written so far, in order; those of one kind, or all of calls (`edge_refusals` come by a clock)."""
        parsed: Sequence[Event] = [json.loads(line) for line in LogTail(self.config.events).lines()]
        shown = [event for event in parsed if event["kind"] == (kind or event["kind"]) and not self._is_past(event)]
        return shown if kind else [event for event in shown if event["kind"] != "edge_refusals"]

    def forget_events(self) -> None:
        """Neither the events so far nor what is still to come of their calls is in `events` from now on."""
        self._past |= {event[name] for event in self.events() for name in ("id", "call") if name in event}

    def _is_past(self, event: Event) -> bool:
        return event["id"] in self._past or event.get("call") in self._past

    def await_events(self, kind: str, count: int = 1, *, within_s: float = 10.0) -> list[Event]:
        """The events of a kind, once there are that many."""
        eventually(lambda: len(self.events(kind)) >= count, within_s=within_s, what=f"{count} {kind}: {self.kinds()}")
        return self.events(kind)

    def kinds(self) -> list[str]:
        """What happened, in short."""
        return [event["kind"] + (f":{event['n']}" if "n" in event else "") for event in self.events()]


class SharedEdge:
    """An edge with the usual settings, started once for those tests of a file that differ in their table."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._edge: RunningEdge | None = None

    def with_table(self, table: Table) -> RunningEdge:
        """The edge, as if it had just been started with this table. Its ids must be new."""
        if self._edge is None:
            self._edge = RunningEdge(self._folder, table, port=free_port())
            self._edge.start()
        else:
            self._edge.load(table)
            self._edge.forget_events()
        return self._edge

    def kill(self) -> None:
        """End it, if it was ever started."""
        if self._edge is not None:
            self._edge.kill()
