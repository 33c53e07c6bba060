"""`dialplane version`."""

from importlib import metadata

import typer


def version() -> None:
    """Print the version."""
    typer.echo(f"dialplane {metadata.version('dialplane')}")
