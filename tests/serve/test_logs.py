"""Logs stay within bounds."""

from pathlib import Path

import pytest

from dialplane.serve.supervisor import LARGEST_LOG, trim
from dialplane.system.datafolder import DataFolder


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
