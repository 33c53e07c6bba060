"""Logs stay within bounds, or are lines of JSON on standard output."""

import asyncio
import io
import json
import os
import signal
from pathlib import Path

import pytest

from dialplane.serve.journal import MOST_WAITING, Journal, as_json
from dialplane.serve.supervisor import LARGEST_LOG, trim
from dialplane.system.datafolder import DataFolder
from tests.serve.instance import serving
from tests.waiting import eventually, eventually_async


def test_a_log_that_has_become_large_is_set_aside_under_the_process_that_writes_it(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.make()
    large, small = folder.log("api"), folder.log("companion")
    small.write_text("little\n")
    with large.open("ab") as log:
        log.write(b"x" * LARGEST_LOG + b"\n")
        log.flush()

        trim(folder.logs.glob("*.log"))
        log.write(b"behind\n")

    assert large.read_bytes() == b"behind\n"
    assert large.with_suffix(".log.1").stat().st_size == LARGEST_LOG + 1
    assert small.read_text() == "little\n"
    assert not small.with_suffix(".log.1").exists()


def test_a_log_is_trimmed_even_where_nothing_can_be_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = DataFolder(tmp_path)
    folder.make()
    folder.log("api").write_bytes(b"x" * (LARGEST_LOG + 1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    trim(folder.logs.glob("*.log"))

    assert folder.log("api").read_bytes() == b""


@pytest.mark.parametrize(
    ("line", "event", "level"),
    [
        (" 3(71) ERROR: <core> [x.c:1]: broken", " 3(71) ERROR: <core> [x.c:1]: broken", "error"),
        (" 0(7) CRITICAL: broken", " 0(7) CRITICAL: broken", "critical"),
        (" 0(7) ALERT: broken", " 0(7) ALERT: broken", "critical"),
        ("12(7) NOTICE: well", "12(7) NOTICE: well", "info"),
        ("Listening on", "Listening on", "info"),
        ("{not json", "{not json", "info"),
        ('{"event": "request", "level": "debug", "status": 200}', "request", "debug"),
    ],
)
def test_a_line_of_any_program_is_an_object_with_its_level(line: str, event: str, level: str) -> None:
    found = json.loads(as_json("x", line))
    assert (found["program"], found["event"], found["level"]) == ("x", event, level)


def test_what_nobody_reads_holds_nobody_up_and_is_counted() -> None:
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "w") as out, os.fdopen(ours) as reader:
        journal = Journal(out)
        for _ in range(MOST_WAITING + 5_000):
            journal.put("x" * 100)
        lines = (json.loads(line) for line in reader)
        assert all(next(lines)["event"] == "x" * 100 for _ in range(MOST_WAITING))
        journal.put("last")
        assert any("lines were dropped" in next(lines)["event"] for _ in range(5_000))
        journal.close()


@pytest.mark.anyio
async def test_lines_that_come_in_pieces_are_whole_and_the_last_needs_no_end() -> None:
    out = io.StringIO()
    journal = Journal(out)
    async with journal.pipe("x", waits=True) as pipe:
        for piece in (b"on", b"e\n\ntw\xc3", b"\xb6\nlast"):
            os.write(pipe, piece)
            await asyncio.sleep(0.01)
    events = ["one", "tw\u00f6", "last"]
    await eventually_async(lambda: [json.loads(line)["event"] for line in out.getvalue().splitlines()] == events)
    journal.close()


def test_a_whole_dialplane_logs_to_standard_output_as_json(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--demo", environment={"DIALPLANE_LOG_TO": "stdout"}) as node:
        eventually(lambda: "Stop with Ctrl-C" in node.said(), within_s=60, what="the demo's end")
        os.kill(node.main_pid("kamailio"), signal.SIGKILL)
        eventually(lambda: "kamailio ended (killed by SIGKILL)" in node.said(), within_s=20, what="its end, said")
        assert node.stop() == 0
    lines = [json.loads(line) for line in node.said().splitlines()]
    assert {line["program"] for line in lines} >= {"dialplane", "api", "companion", "kamailio"}
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    [end] = [line for line in lines if "ended (killed" in line["event"]]
    assert (end["program"], end["level"]) == ("dialplane", "warning")
    assert lines[-1]["event"] == "Stopped."
    assert [file.name for file in (tmp_path / "data" / "logs").iterdir()] == []
