"""A whole Dialplane in processes of its own, on free ports, in a folder of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialplane.client import Client
from tests.ports import free_port
from tests.waiting import eventually

STARTED_WITHIN_S = 60.0
STOPPED_WITHIN_S = 40.0


@dataclass
class Instance:
    """`process` is the supervisor."""

    process: subprocess.Popen[bytes]
    data: Path
    output: Path

    def said(self) -> str:
        """What it printed so far."""
        return self.output.read_text()

    def running(self) -> dict[str, Any]:
        """Where it is reached."""
        return dict(json.loads((self.data / "running.json").read_text()))

    def client(self) -> Client:
        """A client with the key that it keeps for its own machine."""
        key = (self.data / "secrets" / "operator.key").read_text().strip()
        return Client(self.running()["control_url"], token=key)

    def follows(self) -> bool:
        """Whether the companion has reached its control plane."""
        try:
            status = json.loads((self.data / "edge" / "companion.json").read_text())
        except (OSError, ValueError):
            return False
        return bool(status["loops"].get("feed", {}).get("connected"))

    def pids(self, part: str) -> list[int]:
        """The processes of this instance whose command line has this in it."""
        found = []
        for pid in of_folder(self.data):
            with suppress(OSError):
                if part in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode():
                    found.append(pid)
        return found

    def main_pid(self, part: str) -> int:
        """The one child of the supervisor with this in its command line, once there is one."""
        return eventually(lambda: self._child(part), within_s=20, what=f"a process {part}")

    def _child(self, part: str) -> int:
        return next((pid for pid in self.pids(part) if parent_of(pid) == self.process.pid), 0)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it as a person would; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(STOPPED_WITHIN_S)


def of_folder(data: Path) -> list[int]:
    """Every process that was started with this data folder: it stands in its environment or its command line."""
    marks = (f"DIALPLANE_DATA={data}".encode(), os.fsencode(data) + b"/")
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            seen = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
            alive = (folder / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
            if alive and any(mark in seen for mark in marks) and int(folder.name) != os.getpid():
                found.append(int(folder.name))
    return found


def open_to_others(data: Path) -> list[Path]:
    """The files and folders that another user may use, those of LMDB and SQLite among them."""
    return [path for path in (data, *data.rglob("*")) if not path.is_symlink() and path.stat().st_mode & 0o077]


def parent_of(pid: int) -> int:
    """The parent's process id; 0 where the process is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def launch(
    data: Path,
    *arguments: str,
    verb: Sequence[str] = ("serve",),
    program: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    output: Path | None = None,
) -> Instance:
    """Start `dialplane <verb>` with this data folder and do not wait. `program`: this instead, with settings alone."""
    output = output or data.parent / f"{data.name}-{os.urandom(3).hex()}.out"
    flags = dict(zip(arguments[::2], arguments[1::2], strict=False))
    settings = {"DIALPLANE_DATA": str(data), "COLUMNS": "200", "DIALPLANE_DEMO_CALLS_PER_S": "0"}
    if program:
        settings |= {f"DIALPLANE_{flag.removeprefix('--').upper()}": value for flag, value in flags.items()}
    command = program or (str(Path(sys.executable).with_name("dialplane")), *verb, "--data", str(data), *arguments)
    with output.open("wb") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **settings, **(environment or {})},
        )
    return Instance(process, data, output)


@contextmanager
def serving(
    data: Path,
    *arguments: str,
    sip: str = "",
    verb: Sequence[str] = ("serve",),
    program: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Instance]:
    """A started instance; whatever is left of it at the end is killed and counts as a failure."""
    http = () if verb[0] == "edge" else ("--http", f"127.0.0.1:{free_port()}")
    sip = sip or f"127.0.0.1:{free_port()}"
    instance = launch(data, "--sip", sip, *http, *arguments, verb=verb, program=program, environment=environment)
    try:
        eventually(
            lambda: "Started" in instance.said() or instance.process.poll() is not None, within_s=STARTED_WITHIN_S
        )
        assert instance.process.poll() is None, instance.said()
        yield instance
    finally:
        if instance.process.poll() is None:
            instance.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                instance.process.wait(STOPPED_WITHIN_S)
        kill_all(data)
        instance.process.wait(5)


def kill_all(data: Path) -> None:
    """Kill every process of this data folder."""
    for pid in of_folder(data):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
