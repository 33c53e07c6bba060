"""The data folder: what stands where, and that one instance uses it at a time."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dialplane.serve.refusal import CannotStart

LARGEST_LOG = 20 << 20  # bytes; what it held then is kept beside it, once


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths under `root`, which is absolute."""

    root: Path

    @property
    def edge(self) -> Path:
        """replica/, events/, kamailio/ and the edge's access key."""
        return self.root / "edge"

    @property
    def edge_key(self) -> Path:
        """The access key of the edge on this machine."""
        return self.edge / "edge.key"

    @property
    def operator_key(self) -> Path:
        """The access key of the command line on this machine."""
        return self.root / "secrets" / "operator.key"

    @property
    def kamailio(self) -> Path:
        """What Kamailio runs with."""
        return self.edge / "kamailio"

    def make(self) -> None:
        """Make the folders that are missing. Raises CannotStart."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in ("edge/events", "logs", "secrets"):
                (self.root / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CannotStart(
                f"The data folder {self.root} cannot be used: {error.strerror}.",
                "Choose another one with --data FOLDER, or make this one writable.",
            ) from error

    def log(self, name: str) -> Path:
        """The log of a process, which appends to it."""
        return self.root / "logs" / f"{name}.log"

    def trim_logs(self) -> None:
        """Set aside what a log holds where it has become large; lines of that very moment are lost. Reads and writes.

        The file itself stays, since a running process holds it. A disk without room keeps nothing aside.
        """
        for path in (self.root / "logs").glob("*.log"):
            if path.stat().st_size > LARGEST_LOG:
                aside = path.with_suffix(".log.1")
                aside.unlink(missing_ok=True)
                with suppress(OSError):
                    shutil.copyfile(path, aside)
                os.truncate(path, 0)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder. The lock ends with this process, however it ends. Raises CannotStart."""
        file = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(file, 32, 0).decode(errors="replace").strip()
                raise CannotStart(
                    f"The data folder {self.root} is in use by another Dialplane (process {holder or 'unknown'}).",
                    "Stop that one first, or choose another folder with --data FOLDER.",
                ) from None
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(file)


def write_private(path: Path, text: str) -> None:
    """Replace a file that only its owner may read, so that a crash leaves the old one or the new one."""
    aside = path.with_name(f"{path.name}.new")
    file = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(path)
