"""The Kamailios that are measured: the edge, and native scripts beside it, run alike: workers, memory, command line."""

import os
import signal
import site
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.drouting import write_tables
from bench.processes import cpu_s
from bench.table import RouteTable
from bench.verdicts import verdicts
from dialplane.edge.settings import EdgeSettings
from dialplane.kamailio import render
from dialplane.kamailio.command import command_line, environment
from dialplane.kamailio.config import EdgeConfig
from dialplane.settings import Settings
from tests.ports import free_port
from tests.sip.edges import split_settings
from tests.waiting import eventually

PLAIN_SCRIPT = Path(__file__).with_name("native.cfg")
SAME_WORK_SCRIPT = Path(__file__).with_name("same.cfg")
DROUTING_MEMORY = {"shared_memory_mb": 3_000, "package_memory_mb": 1_500}  # what a million routes need
DROUTING_LOADED_WITHIN_S = 90.0
STOPPED_WITHIN_S = 120.0
"""Under valgrind each process writes down what it counted."""
_OPTIONS = (
    "OPTIONS sip:{number}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKprobe{n}\r\n"
    "From: <sip:probe@127.0.0.1>;tag=1\r\nTo: <sip:probe@127.0.0.1>\r\nCall-ID: probe{n}\r\nCSeq: 1 OPTIONS\r\n"
    "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


@dataclass
class Subject:
    """One running Kamailio, and the CPU that its calls cost. `number` is one that it has a route for."""

    name: str
    port: int
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    number: str = "+1"
    started_within_s: float = 15.0
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            probe.settimeout(0.05)
            what = f"{self.name} to answer: {self.log}"
            eventually(lambda: self._answers(probe), within_s=self.started_within_s, what=what)

    def _answers(self, probe: socket.socket) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text(errors="replace")[-2000:]
        message = _OPTIONS.format(number=self.number, port=probe.getsockname()[1], n=os.urandom(4).hex())
        try:
            probe.sendto(message.encode(), ("127.0.0.1", self.port))
            return probe.recv(4096).startswith(b"SIP/2.0 200")
        except OSError:
            return False

    def cpu_s(self) -> float:
        """Seconds of CPU that all of its processes have used so far."""
        assert self._process is not None
        return cpu_s(self._process.pid)

    def stop(self, signal_number: signal.Signals) -> None:
        """Ask its main process to end, and wait for it."""
        assert self._process is not None
        self._process.send_signal(signal_number)
        self._process.wait(timeout=STOPPED_WITHIN_S)
        self._process = None

    def kill(self) -> None:
        """End the whole process group."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=10)
            self._process = None


def edge(name: str, folder: Path, replica: Path, **settings: Any) -> Subject:
    """The edge on this replica, with settings other than those that `serve` would give it."""
    config = _config(name, folder, replica=replica, **settings)
    render.write_config(config)
    return Subject(name, _port(config), command_line(config), environment(config), config.run / "kamailio.log")


def plain(name: str, folder: Path, carriers: Sequence[str], **settings: Any) -> Subject:
    """`native.cfg`: the first of two static carriers, then the second."""
    refusing, answering = carriers
    return _native(name, folder, PLAIN_SCRIPT, {"refusing": refusing, "answering": answering}, settings)


def same_work(name: str, folder: Path, table: RouteTable, carriers: Sequence[str], **settings: Any) -> Subject:
    """`same.cfg` on this route table, as the drouting module reads it: what the edge does, natively."""
    own = _folder(name, folder)
    tables = write_tables(own / "tables", table, carriers)
    addresses = own / "addresses"
    addresses.write_text(f"1 127.0.0.1 32 0 {table.trunk().id}\n")
    values = {
        "tables": tables,
        "addresses": addresses,
        "most_rows": table.size + 1_000,
        "scanners": "|".join(render.SCANNERS),
        "scrubbed": "|".join([*render.SCRUBBED_NAMES, *(f"{prefix}.*" for prefix in render.SCRUBBED_PREFIXES)]),
        "verdicts": verdicts(),
    }
    subject = _native(name, folder, SAME_WORK_SCRIPT, values, {**DROUTING_MEMORY, **settings})
    subject.number = table.numbers(1)[0]
    subject.started_within_s = DROUTING_LOADED_WITHIN_S
    return subject


def _native(
    name: str, folder: Path, template: Path, values: Mapping[str, object], settings: Mapping[str, Any]
) -> Subject:
    """A native script with these values filled in, on the edge's own command line."""
    config = _config(name, folder, **settings)
    render.write_config(config)
    script = config.run / template.name
    text = render.ConfigTemplate(template.read_text())
    listen = "\n".join(f"listen={socket}" for socket in config.listen)
    script.write_text(text.substitute(values, workers=config.workers, listen=listen))
    own = str(config.folder.config)
    command = [str(script) if argument == own else argument for argument in command_line(config)]
    return Subject(name, _port(config), command, environment(config), config.run / "kamailio.log")


def _folder(name: str, folder: Path) -> Path:
    return folder / name.replace(" ", "-").replace(",", "")


def _config(name: str, folder: Path, **values: Any) -> EdgeConfig:
    """As `serve` would have it, but for the folders and ports, and that nothing keeps calls of one address back.

    There are no breakers: a first carrier that always fails would soon be the last.
    """
    port = free_port()
    own = _folder(name, folder)
    named, others = split_settings(values)
    fixed = {"edge_name": "bench", "source_requests_per_second": 1_000_000, "breaker_failures": 0}
    return EdgeConfig(
        settings=EdgeSettings.of(Settings(), **{**fixed, **named}),
        listen=(f"udp:127.0.0.1:{port}", f"tcp:127.0.0.1:{port}"),
        **{"replica": own / "replica", **others},
        events=own / "events",
        run=own / "run",
        site_packages=Path(site.getsitepackages()[0]),
    )


def _port(config: EdgeConfig) -> int:
    return int(config.listen[0].rpartition(":")[2])
