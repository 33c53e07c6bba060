"""Setup: a virtual environment that is made anew where it no longer fits, and packages that are missing for sure."""

import shutil
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[1] / "setup"
SCRIPT = SETUP / "virtual-environment"


def make(folder: Path) -> str:
    return subprocess.run([SCRIPT, folder], check=True, capture_output=True, text=True).stdout


@pytest.mark.system
def test_a_virtual_environment_is_made_anew_where_it_was_copied_or_is_of_another_python(tmp_path: Path) -> None:
    first = tmp_path / "first"
    assert "making" in make(first)
    marker = first / "installed"
    marker.touch()
    assert make(first) == ""
    assert marker.exists()

    copied = tmp_path / "copied"
    shutil.copytree(first, copied, symlinks=True)
    assert "making" in make(copied)
    assert not (copied / "installed").exists()

    (first / ".made").write_text(f"3.1 {first}\n")
    assert "making" in make(first)
    assert not marker.exists()


def test_packages_that_are_missing_and_cannot_be_installed_are_a_failure(tmp_path: Path) -> None:
    (tmp_path / "id").symlink_to(str(shutil.which("id")))
    nothing_is_there = {"PATH": str(tmp_path), "BASH_FUNC_compgen%%": "() { return 1; }"}
    bash = str(shutil.which("bash"))
    failed = subprocess.run(
        [bash, SETUP / "system-packages", "kamailio", "curl"],
        env=nothing_is_there,
        capture_output=True,
        text=True,
        check=False,
    )
    assert failed.returncode == 1
    assert "sudo env RUNLEVEL=1 apt-get install kamailio kamailio-python3-modules" in failed.stderr
    assert failed.stderr.splitlines()[0].endswith("curl")
