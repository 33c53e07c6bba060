"""When Kamailio's script may write events, and into which file."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dialplane.edge import nativelog
from dialplane.edge.nativelog import NativeLog, NativeTerms
from dialplane.edge.sip import QUIET_LEVEL, STDERR, Sip
from dialplane.eventlog.writer import EventLog
from tests.edge.fakeksr import FakeKsr

HOUR_NS = 3_600_000_000_000


class Shared:
    """Kamailio's shared memory, one process's variable, and the level that this is set to log at."""

    def __init__(self) -> None:
        self.terms: str | None = None
        self.writes = 0
        self.variable: str | None = None
        self.levels: list[int] = []
        ksr = FakeKsr(
            {
                "htable.sht_sets": self._put,
                "htable.sht_get": lambda table, key: self.terms,
                "pv.sets": lambda name, text: setattr(self, "variable", text),
            }
        )
        self.sip = Sip(ksr, set_debug_level=self.levels.append)

    def _put(self, table: str, key: str, text: str) -> None:
        self.terms, self.writes = text, self.writes + 1


def terms(shared: Shared, folder: Path, readings: list[tuple[int, int]], **how: Any) -> NativeTerms:
    return NativeTerms(shared.sip, events=folder, clock=lambda: readings[0], **{"is_allowed": True, **how})


def test_the_terms_change_with_the_hour_and_when_a_clock_is_set_and_not_else(tmp_path: Path) -> None:
    shared, readings = Shared(), [(490_000 * HOUR_NS, 5)]
    kept = terms(shared, tmp_path, readings)

    kept.sample()
    assert shared.terms == f"490000 {490_000 * HOUR_NS - 5}"
    readings[0] = (490_000 * HOUR_NS + 20_000_900, 5 + 20_000_000)
    kept.sample()
    assert shared.writes == 1
    readings[0] = (490_001 * HOUR_NS, 5 + HOUR_NS)
    kept.sample()
    assert shared.terms == f"490001 {490_000 * HOUR_NS - 5}"
    readings[0] = (490_001 * HOUR_NS + 2_000_000, 5 + HOUR_NS)
    kept.sample()
    assert shared.terms == f"490001 {490_000 * HOUR_NS - 5 + 2_000_000}"


def test_python_writes_if_it_is_to(tmp_path: Path) -> None:
    shared = Shared()

    terms(shared, tmp_path, [(1, 1)], is_allowed=False).sample()

    assert shared.terms == ""


def test_python_writes_while_the_disk_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared, readings = Shared(), [(490_000 * HOUR_NS, 5)]
    kept = terms(shared, tmp_path, readings)
    kept.sample()

    monkeypatch.setattr(nativelog, "LEAST_ROOM", 1 << 62)
    kept.sample()
    assert shared.terms == ""

    monkeypatch.undo()
    kept.sample()
    assert shared.terms != ""


def test_python_writes_while_files_may_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = Shared()
    monkeypatch.setattr(resource, "getrlimit", lambda which: (1 << 40, resource.RLIM_INFINITY))

    terms(shared, tmp_path, [(490_000 * HOUR_NS, 5)]).sample()

    assert shared.terms == ""


@pytest.fixture
def stderr() -> Iterator[None]:
    """Puts this process's stderr back."""
    kept = os.dup(STDERR)
    yield
    os.dup2(kept, STDERR)
    os.close(kept)


@pytest.mark.usefixtures("stderr")
def test_stderr_becomes_the_hours_file_and_the_log_stays_where_it_was(tmp_path: Path, capfd: Any) -> None:
    shared = Shared()
    native = NativeLog(shared.sip, EventLog(tmp_path, edge="e"))
    shared.terms = "490000 1"

    assert native.is_writing()
    os.write(STDERR, b"an event\n")
    shared.sip.log_warning("a line")

    [file] = tmp_path.iterdir()
    assert file.read_bytes() == b"an event\n"
    assert (shared.variable, shared.levels) == ("490000 1", [QUIET_LEVEL])
    assert capfd.readouterr().err.endswith(" WARNING: a line\n")


@pytest.mark.usefixtures("stderr")
def test_a_file_that_cannot_be_opened_leaves_the_events_to_python(tmp_path: Path) -> None:
    shared = Shared()
    (tmp_path / "events").write_text("in the way")
    native = NativeLog(shared.sip, EventLog(tmp_path / "events", edge="e"))
    shared.terms = "490000 1"

    assert not native.is_writing()
    assert shared.variable == ""


PRINTED_IN_PIECES = """
import ctypes, os, socket
from dialplane.edge.nativelog import keep_lines_whole
keep_lines_whole()
ours, stderr = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
ours.setblocking(False)
os.dup2(stderr.fileno(), 2)
library = ctypes.CDLL(None)
file = ctypes.c_void_p.in_dll(library, "stderr")
library.fprintf(file, b"%d(%d) ", 3, 4711)
library.fprintf(file, b"%s%s", b"x" * 5000, b"\\n")
print(len(ours.recv(65536)))
"""


def test_a_line_that_kamailio_prints_is_one_write() -> None:
    done = subprocess.run([sys.executable, "-c", PRINTED_IN_PIECES], capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == str(len("3(4711) ") + 5000 + 1), done.stderr
