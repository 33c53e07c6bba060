"""`dialplane serve` and `dialplane edge`."""

from pathlib import Path
from typing import Annotated

import typer

from dialplane.cli.becoming import become_service

Data = Annotated[
    Path | None,
    typer.Option(help="Folder for database, secrets, replica, events and logs. [DIALPLANE_DATA]", show_default=False),
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
) -> None:
    """Run everything on this machine: REST API, edge agent and Kamailio, watched over and restarted.

    Every option is also the setting in brackets, read from the environment.
    """
    become_service(None, {"data": data, "http": http, "sip": sip, "demo": True if demo else None})


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
) -> None:
    """Run an edge alone: edge agent and Kamailio, following a control plane elsewhere."""
    become_service("edge", {"control_url": control, "key_file": key_file, "data": data, "sip": sip})
