"""Runs SIPp: carriers in the background, callers to their end."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.ports import free_port
from tests.sip.scenarios import Caller, Step, carrier
from tests.waiting import eventually

_MESSAGE = re.compile(
    r"^-{20,} (\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{6})\n(UDP|TCP) message (sent|received).*?:\n\n", re.M
)


@dataclass(frozen=True)
class Message:
    """A SIP message that SIPp sent or received, and when."""

    at: datetime
    received: bool
    text: str

    @property
    def first_line(self) -> str:
        """The request or status line."""
        return self.text.partition("\n")[0].strip()

    def header(self, name: str) -> str | None:
        """The value of the first header of that name."""
        found = re.search(rf"^{re.escape(name)}[ \t]*:[ \t]*(.*?)\r?$", self.text, re.M | re.I)
        return found[1] if found else None


@dataclass(frozen=True)
class Carrier:
    """A running SIPp that plays a carrier."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]
    address: str = "127.0.0.1"

    @property
    def hostname(self) -> str:
        """What a provider's hostname is to be."""
        return f"{self.address}:{self.port}"

    def received(self, method: str) -> list[Message]:
        """The requests of that method that came, retransmissions included."""
        messages = read_messages(self.folder / "messages.log")
        return [one for one in messages if one.received and one.first_line.startswith(f"{method} ")]

    def await_statistics(self, column: str, value: int) -> None:
        """Wait until a cumulated column of SIPp's own statistics has reached just this."""
        path = self.folder / "statistics.csv"
        eventually(lambda: last_statistic(path, column) >= value, what=f"{column} {value}")
        assert last_statistic(path, column) == value


@dataclass(frozen=True)
class Call:
    """A caller's SIPp that has ended."""

    exit_code: int
    folder: Path

    @property
    def messages(self) -> list[Message]:
        """Everything it sent and received."""
        return read_messages(self.folder / "messages.log")

    def response(self, status: int) -> Message:
        """The first response with that status to its INVITE."""
        return next(
            one
            for one in self.messages
            if one.received
            and one.first_line.startswith(f"SIP/2.0 {status} ")
            and "INVITE" in (one.header("CSeq") or "")
        )

    def statistics(self, column: str) -> int:
        """The last cumulated value of a column of SIPp's own statistics."""
        return last_statistic(self.folder / "statistics.csv", column)

    def why(self) -> str:
        """What SIPp said went wrong."""
        errors = self.folder / "errors.log"
        return errors.read_text(errors="replace")[-2000:] if errors.exists() else ""


@contextmanager
def running_carrier(
    folder: Path,
    steps: Sequence[Step],
    *,
    traced: bool = True,
    transport: str = "u1",
    address: str = "127.0.0.1",
    port: int = 0,
    answers_options: bool = False,
) -> Iterator[Carrier]:
    """A carrier that does `steps` with each INVITE, until the end of the block. SIPp counts an OPTIONS as a call."""
    folder.mkdir(parents=True)
    port = port or free_port()
    (folder / "scenario.xml").write_text(carrier(steps))
    arguments = ["-p", str(port), "-t", transport, *_arguments(folder, traced=traced, source=address)]
    if answers_options:
        arguments.append("-aa")
    process = _start(folder, arguments)
    try:
        eventually(
            lambda: _is_bound(port, "tcp" if transport == "t1" else "udp") or process.poll() is not None,
            what="SIPp to listen",
        )
        assert process.poll() is None, (folder / "output.log").read_text()
        yield Carrier(port, folder, process, address)
    finally:
        process.kill()
        process.wait()


def place_calls(
    folder: Path,
    caller: Caller,
    edge_port: int,
    *,
    calls: int = 1,
    per_second: int = 10,
    transport: str = "u1",
    source: str = "127.0.0.1",
    timeout_s: int = 40,
    traced: bool = True,
    more: Sequence[str] = (),
) -> Call:
    """Place calls and wait until SIPp has ended; its exit code is 0 where every call went as the scenario says.

    `more` are arguments of SIPp's own.
    """
    process = start_calls(
        folder,
        caller,
        edge_port,
        calls=calls,
        per_second=per_second,
        transport=transport,
        source=source,
        timeout_s=timeout_s,
        traced=traced,
        more=more,
    )
    try:
        return Call(process.wait(timeout_s + 10), folder)
    finally:
        process.kill()
        process.wait()


def start_calls(
    folder: Path,
    caller: Caller,
    edge_port: int,
    *,
    calls: int = 1,
    per_second: int = 10,
    transport: str = "u1",
    source: str = "127.0.0.1",
    timeout_s: int = 40,
    traced: bool = True,
    more: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    """The same in the background; the caller of this waits for the process and kills it."""
    folder.mkdir(parents=True)
    (folder / "scenario.xml").write_text(caller.scenario)
    arguments = [f"127.0.0.1:{edge_port}", "-p", str(free_port()), "-m", str(calls), "-r", str(per_second)]
    arguments += ["-t", transport, "-timeout", f"{timeout_s}s", "-timeout_error", *more]
    return _start(folder, [*arguments, *_arguments(folder, traced=traced, source=source)])


def read_messages(path: Path) -> list[Message]:
    """The messages in a SIPp message log."""
    if not path.exists():
        return []
    text = path.read_text(errors="replace")
    starts = list(_MESSAGE.finditer(text))
    ends = [*(start.start() for start in starts[1:]), len(text)][: len(starts)]
    return [
        Message(datetime.fromisoformat(start[1]), start[3] == "received", text[start.end() : end])
        for start, end in zip(starts, ends, strict=True)
    ]


def last_statistic(path: Path, column: str) -> int:
    """The last row's value in SIPp's statistics file."""
    rows = [line.split(";") for line in path.read_text().splitlines() if line]
    return int(rows[-1][rows[0].index(column)])


def _arguments(folder: Path, *, traced: bool, source: str = "127.0.0.1") -> list[str]:
    arguments = ["-sf", str(folder / "scenario.xml"), "-i", source, "-nostdin"]
    arguments += ["-trace_err", "-error_file", str(folder / "errors.log")]
    arguments += ["-trace_stat", "-stf", str(folder / "statistics.csv"), "-fd", "1"]
    if traced:
        arguments += ["-trace_msg", "-message_file", str(folder / "messages.log")]
    return arguments


def _start(folder: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    with (folder / "output.log").open("wb") as output:
        return subprocess.Popen(["sipp", *arguments], cwd=folder, stdout=output, stderr=subprocess.STDOUT)


def _is_bound(port: int, kind: str) -> bool:
    suffix = f":{port:04X}"
    lines = [line for name in (kind, f"{kind}6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return any(line.split()[1].endswith(suffix) for line in lines)
