"""The log: every line whole, in order, all of them at an orderly stop, and never in the way of a response."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.api.api_process import running
from tests.waiting import eventually

pytestmark = pytest.mark.system

LINES = 3_000
THREADS = 4
MORE_THAN_A_PIPE_HOLDS = 1_000

WRITE_FROM_SEVERAL_THREADS = f"""
import sys, threading
import structlog
from dialplane.api.server import logs

logs.MOST_WAITING = 50
listener = logs.configure("info")
log = structlog.get_logger("dialplane.test")

def write(thread):
    for number in range({LINES}):
        log.info("x" * 1000, thread=thread, number=number)
        if number % 10 == 0:
            print(thread, number, file=sys.stderr, flush=True)

threads = [threading.Thread(target=write, args=(thread,)) for thread in range({THREADS})]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
listener.stop()
"""


def test_whoever_logs_waits_for_a_reader_that_lags_and_no_line_is_lost(tmp_path: Path) -> None:
    progress = tmp_path / "progress"
    with (
        progress.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-c", WRITE_FROM_SEVERAL_THREADS], stdout=subprocess.PIPE, stderr=errors
        ) as writer,
    ):
        before = eventually(lambda: _stands_still(progress), within_s=30, what="the writers wait")
        assert len(before.splitlines()) * 10 < LINES * THREADS / 2
        assert writer.stdout is not None
        lines = [json.loads(line) for line in writer.stdout]
    assert writer.returncode == 0
    for thread in range(THREADS):
        assert [line["number"] for line in lines if line["thread"] == thread] == list(range(LINES))


def _stands_still(file: Path) -> str:
    """The file's text, if it does not grow for a while."""
    before = file.read_text()
    time.sleep(0.5)
    return before if before and file.read_text() == before else ""


@contextmanager
def api_logging_to_a_pipe(data: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """An API whose standard output nobody reads once it listens; and its URL."""
    settings = {"DIALPLANE_DATA": str(data), "DIALPLANE_HTTP": "127.0.0.1:0", "DIALPLANE_REFUSALS_AT_ONCE": "1000000"}
    with subprocess.Popen(
        [sys.executable, "-m", "dialplane.api"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **settings},
        bufsize=0,
    ) as process:
        try:
            assert process.stdout is not None
            started = next(line for line in iter(process.stdout.readline, b"") if b"Uvicorn running on " in line)
            yield process, json.loads(started)["event"].split()[3]
        finally:
            process.kill()


def requests_of(base_url: str, count: int) -> set[str]:
    """Ids of so many requests that have all been answered."""
    with httpx2.Client(base_url=base_url) as http:
        responses = [http.get("/v1.0/me") for _ in range(count)]
    assert {response.status_code for response in responses} == {401}
    return {response.headers["x-request-id"] for response in responses}


def test_a_log_that_nobody_reads_holds_no_response_up(tmp_path: Path) -> None:
    with api_logging_to_a_pipe(tmp_path) as (process, base_url):
        ids = requests_of(base_url, MORE_THAN_A_PIPE_HOLDS)
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        lines = [json.loads(line) for line in process.stdout.read().splitlines()]
        assert process.wait(timeout=60) == 0
    assert ids <= {line["request_id"] for line in lines if line["event"] == "request"}


def test_a_log_whose_reader_is_gone_is_no_error(tmp_path: Path) -> None:
    with api_logging_to_a_pipe(tmp_path) as (process, base_url):
        assert process.stdout is not None
        process.stdout.close()
        assert len(requests_of(base_url, 100)) == 100
        assert process.poll() is None


def test_the_lines_of_all_requests_are_there_after_an_orderly_stop(tmp_path: Path) -> None:
    with running(tmp_path / "data", tmp_path / "output") as process:
        ids = requests_of(process.base_url, 200)
        process.terminate()
    lines = [json.loads(line) for line in (tmp_path / "output").read_text().splitlines()]
    assert ids <= {line["request_id"] for line in lines if line["event"] == "request"}
    assert any(line["event"].startswith("Finished server process") for line in lines)
