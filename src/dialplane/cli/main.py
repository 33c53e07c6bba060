"""`dialplane`: all commands together."""

from importlib import metadata

import typer

from dialplane.cli import service
from dialplane.cli.call import call

app = typer.Typer(
    help="Outbound SIP call routing: providers and routes behind a REST API, calls routed and failed over.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def version() -> None:
    """Print the version."""
    typer.echo(f"dialplane {metadata.version('dialplane')}")


for command in (
    service.serve,
    service.edge,
    service.migrate,
    service.backup,
    service.restore,
    service.rotate_session_keys,
    service.rotate_password_keys,
    service.settings,
    call,
    version,
):
    app.command()(command)
