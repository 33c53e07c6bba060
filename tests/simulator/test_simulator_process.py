"""`python -m dialplane_simulator` as a process."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dialplane_simulator.caller import place_call
from dialplane_simulator.callplan import CallPlan
from dialplane_simulator.fleet import CarrierSpec, parse_line, read_file, write_file
from dialplane_simulator.wire import Peer
from tests.simulator.dialling import NUMBER

COMMAND = [sys.executable, "-m", "dialplane_simulator"]


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The process, and the lines it printed until it was ready."""
    pipe = subprocess.PIPE
    with subprocess.Popen([*COMMAND, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            for line in process.stdout:
                if line == "ready\n":
                    break
                lines.append(line.rstrip())
            yield process, lines
        finally:
            process.kill()


def port_in(line: str) -> int:
    return int(line.partition(" at 127.0.0.1:")[2].partition(" ")[0])


def test_carriers_run_until_they_are_told_to_stop() -> None:
    with running("--carrier", "alpha 127.0.0.1:0 refuse status=480", "--carrier", "bravo 127.0.0.1:0 answer") as (
        process,
        lines,
    ):
        assert [line.split()[0] for line in lines] == ["alpha", "bravo"]
        for line, status in zip(lines, (480, 200), strict=True):
            plan = CallPlan(to=Peer("udp", "127.0.0.1", port_in(line)), user=NUMBER, talk_s=0.0)
            assert asyncio.run(place_call(plan)).status == status
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with running("--carrier", "alpha 127.0.0.1:0 silent") as (process, _):
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_it_ends_when_who_started_it_is_gone() -> None:
    with running("--carrier", "alpha 127.0.0.1:0 silent", "--until-stdin-ends") as (process, _):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_taken_port_is_said_with_the_name_of_the_carrier() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [*COMMAND, "--carrier", f"alpha 127.0.0.1:{port} silent"], capture_output=True, text=True, timeout=20
        )
    assert ended.returncode == 1
    assert f"alpha cannot listen at 127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["--carrier", "alpha"], ["--carrier", "a 127.0.0.1:1 shout"], ["--file", os.devnull]]
)
def test_wrong_arguments_are_refused_with_a_sentence(arguments: list[str]) -> None:
    ended = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=20)
    assert ended.returncode == 2
    assert "error:" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_file_says_what_was_written_to_it(tmp_path: Path) -> None:
    specs = [
        parse_line("alpha [::1]:5071 refuse status=503"),
        CarrierSpec(name="b", host="127.0.0.1", port=5072, behaviour="answer ring=1", endings={"0486": "refuse"}),
    ]
    write_file(tmp_path / "fleet.json", specs)
    assert [spec.plan for spec in read_file(tmp_path / "fleet.json")] == [spec.plan for spec in specs]
    assert read_file(tmp_path / "fleet.json")[1] == specs[1]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"carriers": 3}', '{"carriers": [{"name": "a"}]}', '{"carriers": ["a"]}'],
)
def test_a_file_without_carriers_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "fleet.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"not a list of carriers|Expecting value"):
        read_file(path)


@pytest.mark.parametrize("listen", ["127.0.0.1", "127.0.0.1:70000", "127.0.0.1:x", ":"])
def test_an_address_must_be_one(tmp_path: Path, listen: str) -> None:
    path = tmp_path / "fleet.json"
    path.write_text(json.dumps({"carriers": [{"name": "a", "listen": listen, "behaviour": "silent"}]}))
    with pytest.raises(ValueError, match="a carrier is written"):
        read_file(path)
