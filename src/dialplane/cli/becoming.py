"""The long-running verbs become the service's own process, so that signals and exit status are its own."""

import os
import sys
from collections.abc import Mapping
from typing import NoReturn


def become_service(mode: str | None, settings: Mapping[str, object], *arguments: object) -> NoReturn:
    """Replace this process by `python -m dialplane.serve [mode [argument]]`, with these settings in its environment.

    A setting that is None is left as the environment has it.
    """
    given = {f"DIALPLANE_{name.upper()}": str(value) for name, value in settings.items() if value is not None}
    sys.stdout.flush()
    command = [sys.executable, "-m", "dialplane.serve", *([mode] if mode else []), *map(str, arguments)]
    os.execve(sys.executable, command, {**os.environ, **given, "DIALPLANE_COMMAND": sys.argv[0]})
