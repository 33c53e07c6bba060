"""Atomic file writes: after a crash a file has its old content or its new content, never a part of either.

Content goes to a temporary file in the same folder, which then gets the name by rename(2) or link(2). The files hold
keys, tokens and the state of programs: only their owner may read them.
"""

import fcntl
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_PRIVATE = 0o600
_PRIVATE_FOLDER = 0o700
_OTHERS = 0o077
_JOURNALS = ("-wal", "-shm", "-journal")


def replace_file(path: Path, content: str | bytes, *, durable: bool = True) -> None:
    """Write the whole content in place of the file at `path`. Raises OSError, with the old file unchanged.

    One writer at a time: the temporary file's name is fixed, so that a crash leaves at most one behind. `durable`: the
    content is on the disk before it takes the name; without that a power failure may leave an empty file.
    """
    temporary = path.with_name(f"{path.name}.new")
    try:
        _write(temporary, content, os.O_TRUNC, durable=durable)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def read_json(path: Path) -> Any:
    """What the file holds; None if it is not there, cannot be read, or holds no JSON."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def update_file(path: Path, content: str) -> None:
    """As `replace_file`, but a file that has this content already stays: a full disk does not matter then."""
    try:
        if path.read_bytes() == content.encode():
            return
    except FileNotFoundError:
        pass
    replace_file(path, content)


def create_file(path: Path, content: str | bytes) -> None:
    """Create the file, durably, unless it exists: of several processes that do so at once, one wins. Raises OSError."""
    temporary = _beside(path)
    try:
        _write(temporary, content, os.O_EXCL, durable=True)
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """An empty file to write to, which durably takes the place of `path` at the end; removed after any exception.

    For what only another library can write, which may keep journals beside it (SQLite). Several processes may do so at
    once: the last one wins. What a killed one has left is removed. Raises OSError.
    """
    remove_leftovers(path)
    temporary = _beside(path)
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # until it is closed: the file is in use
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    finally:
        _remove(temporary)
        os.close(descriptor)


def remove_leftovers(path: Path) -> None:
    """Remove what processes that were killed inside `replacing` have left. Raises OSError."""
    suffixes = "|".join(map(re.escape, _JOURNALS))
    form = re.compile(rf"(\.{re.escape(path.name)}\.[0-9a-f]{{8}})({suffixes})?")
    names = [found[1] for file in path.parent.iterdir() if (found := form.fullmatch(file.name))]
    for temporary in map(path.with_name, set(names)):
        if not _is_in_use(temporary):
            _remove(temporary)


def _is_in_use(temporary: Path) -> bool:
    try:
        with temporary.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _remove(temporary: Path) -> None:
    for suffix in ("", *_JOURNALS):
        temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)


def keep_private() -> None:
    """Have this process, and those that it starts, create files and folders that only their owner may use."""
    os.umask(0o777 ^ _PRIVATE_FOLDER)


def make_private(path: Path) -> int:
    """Take a file or folder, and all in it, from everybody but its owner; how many were open to others.

    Symbolic links are not followed. Files that vanish meanwhile are left out. Raises OSError.
    """
    try:
        mode = path.lstat().st_mode
        inside = list(path.iterdir()) if stat.S_ISDIR(mode) else ()
        is_open = not stat.S_ISLNK(mode) and mode & _OTHERS != 0
        if is_open:
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
    except FileNotFoundError:
        return 0
    return is_open + sum(map(make_private, inside))


def sync(path: Path) -> None:
    """Flush a file's content, or a folder's entries, to the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def _write(path: Path, content: str | bytes, flag: int, *, durable: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flag, _PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        if durable:
            file.flush()
            os.fsync(file.fileno())
