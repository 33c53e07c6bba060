"""The virtual environment: made once, and made anew where it no longer fits."""

import shutil
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "setup" / "virtual-environment"


def make(folder: Path) -> str:
    return subprocess.run([SCRIPT, folder], check=True, capture_output=True, text=True).stdout


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
