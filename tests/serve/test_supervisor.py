import asyncio
import os
import re
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from dialplane.serve.supervisor import LONGEST_WAIT_S, Program, Supervised, restart_wait_s
from tests.waiting import eventually_async

FAMILY = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    print(os.getpid(), child, flush=True)
time.sleep(60)
"""


def program(folder: Path, code: str, *, stop_s: float = 0.5, until_stdin_ends: bool = False) -> Program:
    return Program(
        name="it",
        command=(sys.executable, "-c", code),
        environment=os.environ,
        log=folder / "it.log",
        stop_s=stop_s,
        until_stdin_ends=until_stdin_ends,
    )


def is_alive(pid: int) -> bool:
    with suppress(OSError):
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return False


def test_the_first_restart_is_at_once_and_the_waits_grow_to_a_bound() -> None:
    assert [restart_wait_s(ends) for ends in range(1, 5)] == [0.0, 0.5, 1.0, 2.0]
    assert restart_wait_s(50) == restart_wait_s(100_000) == LONGEST_WAIT_S


def test_a_program_that_does_not_want_to_end_is_killed_with_its_whole_family(tmp_path: Path) -> None:
    async def scenario() -> None:
        supervised = Supervised(program(tmp_path, FAMILY), report=lambda line: None)
        running = asyncio.create_task(supervised.run())
        await eventually_async(lambda: (tmp_path / "it.log").exists() and (tmp_path / "it.log").read_text())
        pids = [int(pid) for pid in (tmp_path / "it.log").read_text().split()]
        began = time.monotonic()
        await supervised.stop()
        assert time.monotonic() - began < 5
        await eventually_async(lambda: not any(map(is_alive, pids)))
        await running

    asyncio.run(scenario())


def test_when_the_main_process_dies_its_family_goes_before_the_next_start(tmp_path: Path) -> None:
    async def scenario() -> None:
        said: list[str] = []
        supervised = Supervised(program(tmp_path, FAMILY), report=said.append)
        running = asyncio.create_task(supervised.run())
        await eventually_async(lambda: (tmp_path / "it.log").exists() and (tmp_path / "it.log").read_text())
        main, child = (int(pid) for pid in (tmp_path / "it.log").read_text().split())
        os.kill(main, signal.SIGKILL)
        await eventually_async(lambda: len((tmp_path / "it.log").read_text().split()) == 4)
        assert not is_alive(child)
        assert said == ["it ended (killed by SIGKILL), started again"]
        await supervised.stop()
        await running

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("command", "words"),
    [((sys.executable, "-c", "raise SystemExit(3)"), "exit status 3"), (("/no/such/program",), "cannot be started")],
)
def test_a_program_that_keeps_failing_is_told_with_its_log(
    tmp_path: Path, command: tuple[str, ...], words: str
) -> None:
    async def scenario() -> None:
        said: list[str] = []
        failing = Program(name="it", command=command, environment=os.environ, log=tmp_path / "it.log")
        supervised = Supervised(failing, report=said.append)
        running = asyncio.create_task(supervised.run())
        await eventually_async(lambda: len(said) >= 3)
        await supervised.stop()
        await running
        assert all(words in line for line in said)
        assert said[0].endswith(f"started again; see {tmp_path / 'it.log'}")
        assert said[1].endswith(f"started again in 0.5 s; see {tmp_path / 'it.log'}")

    asyncio.run(scenario())


def test_a_program_that_lives_by_its_standard_input_ends_with_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        code = "import sys; print('up', flush=True); sys.stdin.read(); print('end', flush=True)"
        supervised = Supervised(program(tmp_path, code, until_stdin_ends=True), report=lambda line: None)
        running = asyncio.create_task(supervised.run())
        await eventually_async(lambda: (tmp_path / "it.log").exists() and "up" in (tmp_path / "it.log").read_text())
        await asyncio.sleep(0.1)
        assert "end" not in (tmp_path / "it.log").read_text()
        await supervised.stop()
        await running

    asyncio.run(scenario())


def test_what_a_start_needs_is_made_ready_again_until_it_can_be(tmp_path: Path) -> None:
    async def scenario() -> None:
        said: list[str] = []
        failures = [OSError(28, "No space left on device"), RuntimeError("not yet")]

        def make_ready() -> None:
            if failures:
                raise failures.pop()

        code = "import time; print('up', flush=True); time.sleep(60)"
        supervised = Supervised(replace(program(tmp_path, code), before_start=make_ready), report=said.append)
        running = asyncio.create_task(supervised.run())
        await eventually_async(lambda: (tmp_path / "it.log").exists() and (tmp_path / "it.log").read_text())
        assert ["cannot be started: not yet" in said[0], "No space left on device" in said[1]] == [True, True]
        await supervised.stop()
        await running

    asyncio.run(scenario())


def test_a_restart_that_was_ordered_is_at_once_and_not_reported(tmp_path: Path) -> None:
    async def scenario() -> None:
        said: list[str] = []
        supervised = Supervised(program(tmp_path, FAMILY, stop_s=0.1), report=said.append)
        running = asyncio.create_task(supervised.run())
        log = tmp_path / "it.log"
        await eventually_async(lambda: log.exists() and len(log.read_text().split()) == 2)
        await supervised.restart()
        await eventually_async(lambda: len(log.read_text().split()) == 4)
        await supervised.stop()
        await running
        assert said == []

    asyncio.run(scenario())


def test_a_program_runs_without_a_log_that_cannot_be_opened(tmp_path: Path) -> None:
    async def scenario() -> None:
        up = tmp_path / "up"
        code = f"import pathlib, time; pathlib.Path({str(up)!r}).touch(); time.sleep(60)"
        without_log = replace(program(tmp_path, code), log=tmp_path / "no" / "such" / "folder" / "it.log")
        supervised = Supervised(without_log, report=lambda line: None)
        running = asyncio.create_task(supervised.run())
        await eventually_async(up.exists)
        await supervised.stop()
        await running

    asyncio.run(scenario())


def test_a_program_that_is_kept_away_is_started_again_afterwards(tmp_path: Path) -> None:
    async def scenario() -> None:
        said: list[str] = []
        supervised = Supervised(program(tmp_path, "import time; time.sleep(60)"), report=said.append)
        running = asyncio.create_task(supervised.run())
        await eventually_async(lambda: supervised.pid)
        killed = time.monotonic()
        supervised.kill(away_s=1.0)
        await eventually_async(lambda: not supervised.pid)
        await eventually_async(lambda: supervised.pid)
        assert time.monotonic() - killed >= 1.0
        assert re.fullmatch(r"it ended \(killed by SIGKILL\), started again in (1|0\.9) s", said[0]), said
        await supervised.stop()
        await running

    asyncio.run(scenario())
