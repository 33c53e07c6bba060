"""The log's lines: whole, in order, all of them at a clean stop, and never in the way of an answer."""

import io
import json
import os
import threading
from pathlib import Path
from typing import Any

import httpx2

from dialplane.api.process import lines
from dialplane.api.process.lines import Lines
from tests.api.processes import running
from tests.waiting import eventually


def test_every_line_is_there_in_order_once_it_is_closed() -> None:
    out = io.BytesIO()
    writer = Lines(out)
    for number in range(10_000):
        writer.write(b"%d\n" % number)
    writer.close()
    assert out.getvalue() == b"".join(b"%d\n" % number for number in range(10_000))


def test_lines_of_several_threads_stay_whole() -> None:
    out = io.BytesIO()
    writer = Lines(out)
    own = [b"%d" % number * 50 + b"\n" for number in range(4)]
    threads = [threading.Thread(target=lambda line=line: [writer.write(line) for _ in range(500)]) for line in own]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert sorted(out.getvalue().splitlines(keepends=True)) == [line for line in own for _ in range(500)]


def test_a_line_after_the_end_is_written_at_once() -> None:
    out = io.BytesIO()
    writer = Lines(out)
    writer.close()
    writer.close()
    writer.write(b"late\n")
    assert out.getvalue() == b"late\n"


def test_a_reader_that_does_not_read_holds_nobody_up() -> None:
    reads, writes = os.pipe()
    with os.fdopen(reads, "rb") as reader, os.fdopen(writes, "wb") as out:
        writer = Lines(out)
        line = b"x" * 1_000 + b"\n"
        for _ in range(1_000):
            writer.write(line)  # far more than a pipe holds
        read = threading.Thread(target=lambda: taken.append(reader.read(1_001 * 1_000)))
        taken: list[bytes] = []
        read.start()
        writer.close()
        read.join()
    assert taken == [line * 1_000]


def test_a_reader_that_is_gone_is_no_error() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    out = os.fdopen(writes, "wb", buffering=0)
    writer = Lines(out)
    writer.write(b"nobody sees this\n")
    writer.close()
    out.close()


def test_what_waits_is_bounded() -> None:
    class Stuck(io.BytesIO):
        go_on = threading.Event()

        def write(self, data: Any) -> int:
            self.go_on.wait(30)
            return super().write(data)

    out = Stuck()
    writer = Lines(out)
    line, many = b"x" * 100 + b"\n", 3 * lines.MOST_WAITING
    busy = threading.Thread(target=lambda: [writer.write(line) for _ in range(many)])
    busy.start()
    eventually(lambda: len(writer._waiting) == lines.MOST_WAITING, what="as many wait as may")
    assert busy.is_alive()
    out.go_on.set()
    busy.join(30)
    writer.close()
    assert len(out.getvalue()) == len(line) * many


def test_the_lines_of_all_requests_are_there_after_a_clean_stop(tmp_path: Path) -> None:
    with running(tmp_path / "data", tmp_path / "output") as process:
        with httpx2.Client(base_url=process.base_url) as http:
            asked = {http.get("/v1.0/me").headers["x-request-id"] for _ in range(200)}
        process.terminate()
    told = [json.loads(line) for line in (tmp_path / "output").read_text().splitlines()]
    assert asked <= {line["request_id"] for line in told if line["event"] == "request"}
    assert any(line["event"].startswith("Finished server process") for line in told)
