import subprocess
import sys
from pathlib import Path

from dialplane.serve.orphans import kill_orphans


def sleeper(config: Path) -> "subprocess.Popen[bytes]":
    """A process whose command line names this configuration as Kamailio's does."""
    command = [sys.executable, "-c", "print('up', flush=True); import time; time.sleep(60)", "-f", str(config), "-DD"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    return process


def test_what_runs_with_this_configuration_is_killed_and_nothing_else(tmp_path: Path) -> None:
    ours, other = sleeper(tmp_path / "kamailio.cfg"), sleeper(tmp_path / "kamailio.cfg.of-another")
    try:
        assert kill_orphans(tmp_path / "kamailio.cfg") == 1
        assert ours.wait(5) < 0
        assert other.poll() is None
    finally:
        for process in (ours, other):
            process.kill()
            process.wait(5)


def test_with_nothing_left_behind_nothing_is_killed(tmp_path: Path) -> None:
    assert kill_orphans(tmp_path / "kamailio.cfg") == 0
