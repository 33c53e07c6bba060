"""`dialplane`: all verbs together."""

import typer

from dialplane.cli import backup, call, migrate, rotate, serve, version

app = typer.Typer(
    help="Outbound SIP call routing: providers and routes behind a REST API, calls routed and failed over.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve.serve)
app.command()(serve.edge)
app.command()(migrate.migrate)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(rotate.rotate_session_keys)
app.command()(call.call)
app.command()(version.version)
