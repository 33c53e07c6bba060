"""Atomic file writes: after a crash a file has its old content or its new content, never a part of either.

Content goes to a temporary file in the same folder, which then gets the name by rename(2) or link(2). The files hold
keys, tokens and the state of programs: only their owner may read them.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PRIVATE = 0o600


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
    """A path to write to, which durably takes the place of `path` at the end; removed after any exception.

    For what only another library can write. Several processes may do so at once: the last one wins.
    """
    temporary = _beside(path)
    try:
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


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
