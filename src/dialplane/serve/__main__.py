"""`python -m dialplane.serve [edge | migrate | backup FILE | restore FILE | rotate-session-keys]`: see the package."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console

from dialplane.serve import keeping
from dialplane.serve.firststart import migrate
from dialplane.serve.refusal import CannotStart
from dialplane.serve.service import Service
from dialplane.serve.speaker import Speaker
from dialplane.settings import Settings


def _everything(settings: Settings, speaker: Speaker) -> None:
    asyncio.run(Service(settings, speaker).run())


def _edge(settings: Settings, speaker: Speaker) -> None:
    if not settings.control_url:
        raise CannotStart("An edge needs to know its control plane.", "Say where it is with --control URL.")
    if settings.key_file is None or not settings.key_file.is_file():
        raise CannotStart(
            "An edge needs an access key with the permission `edge`.",
            "Make one with POST /v1.0/accesskeys, put its token in a file and name that with --key-file FILE.",
        )
    asyncio.run(Service(settings, speaker, alone=True).run())


def _migrate(settings: Settings, speaker: Speaker) -> None:
    migrate(settings)
    speaker.say("The database has the present schema.")


def _backup(settings: Settings, speaker: Speaker, file: str) -> None:
    keeping.back_up(settings, Path(file))
    speaker.say(f"Written to {file}. The passwords in it need the folder {settings.data / 'secrets'} to be read.")


def _restore(settings: Settings, speaker: Speaker, file: str) -> None:
    keeping.restore(settings, Path(file))
    speaker.say(f"Restored from {file}. Edges load everything anew when Dialplane starts.")


def _rotate_session_keys(settings: Settings, speaker: Speaker) -> None:
    keeping.rotate_session_keys(settings)
    speaker.say("Logins are signed with a new key from now on; who is logged in stays so.")


USAGE = "[edge | migrate | backup FILE | restore FILE | rotate-session-keys]"

MODES: Mapping[str, tuple[Callable[..., None], int]] = {
    "": (_everything, 0),
    "edge": (_edge, 0),
    "migrate": (_migrate, 0),
    "backup": (_backup, 1),
    "restore": (_restore, 1),
    "rotate-session-keys": (_rotate_session_keys, 0),
}
"""mode -> what it does with settings and speaker, and how many arguments it takes."""


def main(arguments: list[str]) -> int:
    """Run one mode; the exit status is 1 where it could not begin, 2 where it was called wrongly."""
    speaker = Speaker(Console(highlight=False))
    name, *rest = arguments or [""]
    mode, takes = MODES.get(name, (None, 0))
    if mode is None or len(rest) != takes:
        speaker.say(f"usage: python -m dialplane.serve {USAGE}")
        return 2
    try:
        mode(Settings(), speaker, *rest)
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            speaker.say(f"DIALPLANE_{name} {problem['msg'].removeprefix('Value error, ')}", style="red")
        return 1
    except CannotStart as refusal:
        speaker.refuse(refusal)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
