import errno
import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dialplane.system.datafolder import DataFolder, FolderInUse, RunningInstance

HOLDER = """
import sys
from pathlib import Path
from dialplane.system.datafolder import DataFolder
with DataFolder(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_folders_are_for_one_user_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.make()
    folder.make()
    for made in (folder.root, folder.secrets, folder.logs, folder.edge.events):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_one_process_holds_the_folder_until_it_ends_and_is_named_to_others(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(FolderInUse, match=str(holder.pid)), folder.locked():
            pass
    finally:
        holder.kill()
        holder.communicate()
    with folder.locked():
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_running_instance_is_found_until_it_ends(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    instance = RunningInstance(os.getpid(), "http://127.0.0.1:8080", "127.0.0.1:5060")
    with folder.announced(instance):
        assert folder.running_instance() == instance
    with pytest.raises(FileNotFoundError):
        folder.running_instance()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": "x", "control_url": "", "sip": ""}', "null"])
def test_a_file_that_describes_no_instance_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "running.json").write_text(text)
    with pytest.raises(ValueError, match="does not describe an instance"):
        DataFolder(tmp_path).running_instance()


def test_a_folder_that_was_there_before_is_taken_from_other_users(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.make()
    others = (folder.root, folder.database, folder.edge.replica, folder.root / "lock", folder.operator_key)
    folder.edge.replica.mkdir()
    for path in others:
        if not path.exists():
            path.write_text("secret")
        path.chmod(0o755)

    assert folder.make_private() == len(others)
    assert [path.stat().st_mode & 0o077 for path in others] == [0] * len(others)
    assert folder.make_private() == 0
    with folder.locked():
        assert stat.S_IMODE((folder.root / "lock").stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize("shared", ["home", "sticky"])
def test_a_folder_that_is_not_dialplanes_alone_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: str
) -> None:
    folder = DataFolder(tmp_path)
    folder.make()
    folder.root.chmod(0o1777 if shared == "sticky" else 0o755)
    if shared == "home":
        monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "thesis.txt").write_text("not ours")
    (tmp_path / "thesis.txt").chmod(0o644)
    folder.secrets.chmod(0o755)
    before = folder.root.stat().st_mode

    assert folder.make_private() == 1
    assert (folder.root.stat().st_mode, stat.S_IMODE((tmp_path / "thesis.txt").stat().st_mode)) == (before, 0o644)


def test_on_a_full_disk_the_folder_is_held_and_the_instance_found_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    folder = DataFolder(tmp_path)
    instance = RunningInstance(os.getpid(), "http://127.0.0.1:8080", "127.0.0.1:5060")
    with monkeypatch.context() as disk:
        disk.setattr("os.pwrite", full)
        with folder.locked(), pytest.raises(FolderInUse), folder.locked():
            pass
        disk.setattr("dialplane.system.datafolder.replace_file", full)
        with folder.announced(instance) as announce:
            announce()
            with pytest.raises(FileNotFoundError):
                folder.running_instance()
            disk.undo()
            announce()
            assert folder.running_instance() == instance


def test_each_folder_names_its_node_and_a_second_process_on_it_has_a_name_of_its_own(tmp_path: Path) -> None:
    folder, other = DataFolder(tmp_path / "data"), DataFolder(tmp_path / "elsewhere")
    for each in (folder, other):
        each.make()
    with folder.node() as name, other.node() as of_other, folder.node() as beside:
        assert len({name, of_other, beside}) == 3
    folder.root.rename(tmp_path / "kept")
    with DataFolder(tmp_path / "kept").node() as again:
        assert again == name
    folder.make()  # another container's volume, at the same path
    with folder.node() as of_volume:
        assert of_volume != name


def test_a_node_has_a_name_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with DataFolder(tmp_path).node() as name:
        assert len(name) == 36


def test_a_user_without_a_name_and_a_home_has_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    tmp_path.chmod(0o755)
    assert DataFolder(tmp_path).make_private() == 1
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
