"""Atomic writes: whole content under the name or the old file, whatever goes wrong in between."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dialplane.system.files import create_file, keep_private, make_private, replace_file, replacing, update_file


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("content", ["new", b"new"])
def test_a_file_is_replaced_whole_and_only_its_owner_may_read_it(
    tmp_path: Path, content: str | bytes, durable: bool
) -> None:
    file = tmp_path / "file"
    file.write_text("old and longer")
    before = file.stat().st_ino

    replace_file(file, content, durable=durable)

    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.stat().st_ino != before
    assert names(tmp_path) == {"file"}


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "file"
    file.write_text("old")
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OSError, match="No space left"):
        replace_file(file, "new")
    with pytest.raises(OSError, match="No space left"):
        create_file(tmp_path / "other", "new")
    with pytest.raises(OSError, match="No space left"), replacing(file) as new:
        new.write_text("new")

    assert file.read_text() == "old"
    assert names(tmp_path) == {"file"}


def test_what_a_crash_left_behind_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "file.new").write_text("a part of something longer")
    replace_file(tmp_path / "file", "whole")
    assert (tmp_path / "file").read_text() == "whole"
    assert names(tmp_path) == {"file"}


def test_of_several_that_create_a_file_at_once_all_find_the_same_content(tmp_path: Path) -> None:
    file = tmp_path / "key"

    def create(n: int) -> str:
        create_file(file, f"key {n}")
        return file.read_text()

    with ThreadPoolExecutor(max_workers=8) as threads:
        found = set(threads.map(create, range(32)))

    assert len(found) == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert names(tmp_path) == {"key"}


def test_what_another_library_writes_takes_the_name_only_once_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    with replacing(file) as new:
        new.write_text("new")
        assert file.read_text() == "old"
    assert file.read_text() == "new"

    with pytest.raises(FileNotFoundError), replacing(file) as new:
        new.unlink()
    assert file.read_text() == "new"
    assert names(tmp_path) == {"file"}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_that_was_open_to_others_is_taken_from_them_with_all_in_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("not ours")
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    file, private = folder / "deep" / "file", folder / "private"
    for path, wanted in ((outside, 0o644), (file, 0o664), (private, 0o600), (folder / "deep", 0o777), (folder, 0o755)):
        if not path.exists():
            path.write_text("secret")
        path.chmod(wanted)
    (folder / "link").symlink_to(outside)

    assert make_private(folder) == 3
    assert [mode(path) for path in (folder, folder / "deep", file, private)] == [0o700, 0o700, 0o600, 0o600]
    assert mode(outside) == 0o644
    assert make_private(folder) == 0
    assert make_private(tmp_path / "absent") == 0


def test_files_of_other_libraries_are_private_too_whatever_the_umask_was(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keep_private()
        (tmp_path / "file").write_text("secret")
        (tmp_path / "folder").mkdir()
    finally:
        os.umask(before)
    assert (mode(tmp_path / "file"), mode(tmp_path / "folder")) == (0o600, 0o700)


def test_a_file_with_the_wanted_content_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    update_file(file, "é")
    before = file.stat().st_ino
    update_file(file, "é")
    assert file.stat().st_ino == before
    update_file(file, "new")
    assert file.read_text() == "new"
