"""The commands that run or maintain a Dialplane: each replaces its process by the service, which gets its signals."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NoReturn

import typer

Data = Annotated[
    Path | None,
    typer.Option(help="Folder for database, secrets, replica, events and logs. [DIALPLANE_DATA]", show_default=False),
]
Config = Annotated[
    Path | None,
    typer.Option(help="TOML file with settings; the environment comes first. [DIALPLANE_CONFIG]", show_default=False),
]
Sip = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="Where SIP is received, UDP and TCP. [DIALPLANE_SIP]", show_default=False),
]


def serve(
    data: Data = None,
    http: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Where the REST API listens. [DIALPLANE_HTTP]", show_default=False),
    ] = None,
    sip: Sip = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="With demo carriers, routes and a first call. [DIALPLANE_DEMO]")
    ] = False,
    config: Config = None,
) -> None:
    """Run everything on this machine: REST API, companion and Kamailio, supervised and restarted.

    Every option is also the setting in brackets, read from the environment.
    """
    _exec_service("", {"data": data, "http": http, "sip": sip, "demo": True if demo else None, "config": config})


def edge(
    control: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The control plane to follow. [DIALPLANE_CONTROL_URL]", show_default=False),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(help="File with an access key of permission `edge`. [DIALPLANE_KEY_FILE]", show_default=False),
    ] = None,
    data: Data = None,
    sip: Sip = None,
    config: Config = None,
) -> None:
    """Run an edge alone: companion and Kamailio, following a control plane elsewhere."""
    _exec_service("edge", {"control_url": control, "key_file": key_file, "data": data, "sip": sip, "config": config})


def migrate(data: Data = None, config: Config = None) -> None:
    """Bring the database's schema to the one that this version works with. [DIALPLANE_DATABASE_URL]"""
    _exec_service("migrate", {"data": data, "config": config})


def backup(file: Annotated[Path, typer.Argument(help="A new file.")], data: Data = None, config: Config = None) -> None:
    """Write the SQLite database into a file, while Dialplane runs. Keep the folder `secrets` too."""
    _exec_service("backup", {"data": data, "config": config}, file.absolute())


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `dialplane backup` has made.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Put a backup in the database's place. Stop Dialplane first; edges then load everything again."""
    _exec_service("restore", {"data": data, "config": config}, file.absolute())


def rotate_session_keys(data: Data = None, config: Config = None) -> None:
    """Sign logins with a new key from now on, also in a running Dialplane. Nobody is logged out."""
    _exec_service("rotate-session-keys", {"data": data, "config": config})


def rotate_password_keys(data: Data = None, config: Config = None) -> None:
    """Encrypt passwords of carriers and trunks with a new key from now on, also in a running Dialplane."""
    _exec_service("rotate-password-keys", {"data": data, "config": config})


def settings(data: Data = None, config: Config = None) -> None:
    """Print every setting as it is effective, with where it comes from; passwords are masked."""
    _exec_service("settings", {"data": data, "config": config})


def _exec_service(mode: str, settings: Mapping[str, object], *arguments: object) -> NoReturn:
    """Replace this process by `python -m dialplane.serve [mode [argument]]`, with these settings in its environment.

    A setting that is None stays as the environment has it.
    """
    changed = {f"DIALPLANE_{name.upper()}": str(value) for name, value in settings.items() if value is not None}
    command = [sys.executable, "-m", "dialplane.serve", *([mode] if mode else []), *map(str, arguments)]
    sys.stdout.flush()
    os.execve(sys.executable, command, {**os.environ, **changed, "DIALPLANE_COMMAND": sys.argv[0]})
