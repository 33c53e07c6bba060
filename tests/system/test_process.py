import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialplane.system.process import as_owner_of, collect_orphans, is_running, kill_all_with_arguments
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


PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@pytest.fixture
def as_first_process() -> Iterator[None]:
    """Orphans below this process become its children, as they become those of PID 1."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.mark.usefixtures("as_first_process")
def test_orphans_are_collected_and_own_children_are_left_to_who_started_them() -> None:
    leaves_one = "import os; child = os.fork(); child and print(child, flush=True)"
    parent = subprocess.Popen([sys.executable, "-c", leaves_one], stdout=subprocess.PIPE, start_new_session=True)
    assert parent.stdout is not None
    orphan = int(parent.stdout.read())
    parent.stdout.close()
    eventually(lambda: state(orphan) == "Z" and state(parent.pid) == "Z")

    assert collect_orphans() == 1
    eventually(lambda: not Path(f"/proc/{orphan}").exists(), what="the end of the orphan")
    assert state(parent.pid) == "Z"
    assert parent.wait() == 0


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_what_root_makes_as_the_owner_of_a_folder_is_the_owners(open_folder: Path) -> None:
    os.chown(open_folder, 4321, 4322)
    with as_owner_of(open_folder):
        (open_folder / "file").touch()
    assert ((open_folder / "file").stat().st_uid, (open_folder / "file").stat().st_gid) == (4321, 4322)
    assert os.geteuid() == 0
    with as_owner_of(open_folder / "none"):
        assert os.geteuid() == 0
