"""`dialplane call`: a call through the Dialplane that runs on this machine."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dialplane.client import ApiError, Client
from dialplane.demo.calling import DemoFailed, heard, place_call, print_record
from dialplane.domain.errors import InvalidValue
from dialplane.system import datafolder
from dialplane.system.datafolder import DataFolder, RunningInstance
from dialplane.system.process import is_running
from dialplane.system.terminal import print_everything
from dialplane_simulator.callplan import CallResult


class NotRunning(Exception):
    """No Dialplane runs on the data folder, or this user may not use it. The message says which."""


def call(
    number: Annotated[str, typer.Argument(help="What to dial, like +821021656521.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Data folder of the running Dialplane. [DIALPLANE_DATA]", show_default=False),
    ] = None,
) -> None:
    """Place a call through the Dialplane running here and print it as a timeline.

    Where its record cannot be read (an edge alone, a control plane that is down), what the caller heard is printed.
    """
    print_everything()
    console = Console(highlight=False)
    root = data or Path(os.environ.get("DIALPLANE_DATA", datafolder.DEFAULT))
    try:
        instance, key = running_instance(DataFolder(root))
        result = place_call(instance.sip, number)
        has_record = _print_record(console, instance, key, result, number=number)
    except (NotRunning, DemoFailed, InvalidValue, OSError) as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    if not has_record and not result.answered:
        raise typer.Exit(1)


def _print_record(console: Console, instance: RunningInstance, key: str, result: CallResult, *, number: str) -> bool:
    """Whether there is a record that can be read here; if not, what the caller heard is printed."""
    why = f"its record goes to {instance.control_url}"
    if key:
        try:
            with Client(instance.control_url, token=key) as client:
                print_record(console, client, result, number=number)
            return True
        except ApiError as error:
            why = f"its record cannot be read: {error}"
    console.print(f"The call got {heard(result)}; {why}", markup=False, soft_wrap=True)
    return False


def running_instance(folder: DataFolder) -> tuple[RunningInstance, str]:
    """The instance that runs on a data folder, and the command line's access key ("" at an edge alone).

    Raises NotRunning.
    """
    try:
        instance = folder.running_instance()
        if is_running(instance.pid):
            return instance, folder.operator_key.read_text().strip() if folder.operator_key.exists() else ""
    except PermissionError:
        raise NotRunning(f"The Dialplane in {folder.root} belongs to another user.") from None
    except (OSError, ValueError):
        pass
    raise NotRunning(
        f"No Dialplane is running with the data folder {folder.root}. "
        "Start one with `dialplane serve --demo`, or name its folder with --data FOLDER."
    )
