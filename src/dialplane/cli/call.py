"""`dialplane call`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dialplane.cli.instance import NotRunning, find_instance
from dialplane.client import ApiError, Client
from dialplane.demo.calling import DemoFailed
from dialplane.demo.telling import call_and_tell
from dialplane.domain.errors import InvalidValue


def call(
    number: Annotated[str, typer.Argument(help="What to dial, like +821021656521.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Data folder of the running Dialplane. [DIALPLANE_DATA]", show_default=False),
    ] = None,
) -> None:
    """Place a call through the Dialplane running here and print it as a timeline."""
    console = Console(highlight=False)
    try:
        _call(console, number, data)
    except (NotRunning, ApiError, DemoFailed, InvalidValue, OSError) as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _call(console: Console, number: str, data: Path | None) -> None:
    instance = find_instance(data)
    with Client(instance.control_url, token=instance.key) as client:
        call_and_tell(console, client, sip=instance.sip, number=number)
