"""`dialplane backup` and `dialplane restore`."""

from pathlib import Path
from typing import Annotated

import typer

from dialplane.cli.becoming import become_service
from dialplane.cli.serve import Data


def backup(file: Annotated[Path, typer.Argument(help="A new file.")], data: Data = None) -> None:
    """Write the SQLite database into a file, while Dialplane runs. Keep the folder `secrets` too."""
    become_service("backup", {"data": data}, file.absolute())


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `dialplane backup` has made.")], data: Data = None
) -> None:
    """Put a backup in the database's place. Stop Dialplane first; edges then load everything anew."""
    become_service("restore", {"data": data}, file.absolute())
