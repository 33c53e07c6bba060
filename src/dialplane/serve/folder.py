"""The data folder of an instance: held by it alone, and whether calls can be decided on what is in it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import lmdb

from dialplane.replica.layout import ReplicaUnavailable
from dialplane.replica.reader import ReplicaReader
from dialplane.serve.output import CannotStart
from dialplane.system.datafolder import DataFolder, FolderInUse
from dialplane.system.process import as_owner_of


@contextmanager
def held(folder: DataFolder, report: Callable[[str], None]) -> Iterator[None]:
    """Create the data folder, take it from other users, and hold it until the end.

    `report` gets a line if others could read what is in it. Root in another user's folder leaves nothing behind that
    this user could not use. Raises CannotStart if it cannot be used, or is in use.
    """
    with ExitStack() as holding:
        try:
            with as_owner_of(folder.root):
                folder.make()
                _make_private(folder, report)
                holding.enter_context(folder.locked())
        except FolderInUse as holder:
            raise CannotStart(
                f"The data folder {folder.root} is in use by another Dialplane (process {holder}).",
                "Stop that one first, or choose another folder with --data FOLDER.",
            ) from None
        except OSError as error:
            raise CannotStart(
                f"The data folder {folder.root} cannot be used: {error.strerror}.",
                "Choose another one with --data FOLDER, or make this one writable.",
            ) from error
        yield


def _make_private(folder: DataFolder, report: Callable[[str], None]) -> None:
    try:
        count = folder.make_private()
    except PermissionError as error:
        report(f"Other users may read the passwords in the data folder: {error.filename} is another user's.")
        return
    if count:
        report(
            f"Other users could read the data folder {folder.root}: {count} files and folders are private now."
            " Change the passwords in it if others use this machine."
        )


def table_revision(folder: DataFolder) -> int | None:
    """The revision of the edge's table; None without a table that calls can be decided on."""
    reader = ReplicaReader(folder.edge.replica)
    try:
        with reader.view() as view:
            return view.revision
    except (ReplicaUnavailable, lmdb.Error, OSError):
        return None
    finally:
        reader.close()
