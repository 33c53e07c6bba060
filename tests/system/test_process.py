import os
import signal
import subprocess
import sys
from pathlib import Path

from dialplane.system.process import is_running, kill_all_with_arguments
from tests.waiting import eventually

FAMILY = """
import os, sys, time
from dialplane.system.process import die_with_parent
parent = os.getpid()
child = os.fork()
if child == 0:
    die_with_parent(parent)
    print(os.getpid(), flush=True)
time.sleep(60)
"""


def sleeper(config: Path) -> "subprocess.Popen[bytes]":
    """A process whose command line names this configuration as Kamailio's does."""
    command = [sys.executable, "-c", "print('up', flush=True); import time; time.sleep(60)", "-f", str(config), "-DD"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    return process


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or waits only for its parent to look at how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_what_runs_with_these_arguments_is_killed_and_nothing_else(tmp_path: Path) -> None:
    ours, other = sleeper(tmp_path / "kamailio.cfg"), sleeper(tmp_path / "kamailio.cfg.of-another")
    try:
        assert kill_all_with_arguments(("-f", tmp_path / "kamailio.cfg")) == 1
        assert ours.wait(5) < 0
        assert other.poll() is None
    finally:
        for process in (ours, other):
            process.kill()
            process.wait(5)


def test_with_nothing_left_behind_nothing_is_killed(tmp_path: Path) -> None:
    assert kill_all_with_arguments(("-f", tmp_path / "kamailio.cfg")) == 0


def test_a_child_ends_with_its_parent_even_if_that_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait(5)
    parent.stdout.close()
    eventually(lambda: has_ended(child), within_s=10, what="the child's end")


def test_whether_a_process_runs() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(10)
    assert is_running(os.getpid())
    assert not is_running(ended.pid)
