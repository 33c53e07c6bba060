"""`python -m dialplane.serve [edge | migrate | settings | backup FILE | restore FILE | rotate-...-keys]`.

What only maintenance needs is imported by it alone: an edge starts without the database's libraries.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import ValidationError

from dialplane import setting_sources
from dialplane.serve.folder import table_revision
from dialplane.serve.output import CannotStart, Output
from dialplane.serve.service import Service
from dialplane.setting_sources import SettingsRefused
from dialplane.settings import Settings, as_text
from dialplane.system.files import keep_private
from dialplane.system.terminal import print_everything


def _log_as_set(settings: Settings, output: Output) -> None:
    if settings.log_to == "stdout":
        from dialplane.serve.journal import Journal

        output.journal = Journal(sys.stdout)


def _everything(settings: Settings, output: Output) -> None:
    _log_as_set(settings, output)
    asyncio.run(Service(settings, output).run())


def _edge(settings: Settings, output: Output) -> None:
    _log_as_set(settings, output)
    if not settings.control_url:
        raise CannotStart("An edge needs to know its control plane.", "Say where it is with --control URL.")
    has_key = settings.key_file is not None and settings.key_file.is_file()
    if not has_key and (settings.key_file is None or table_revision(settings.folder) is None):
        raise CannotStart(
            "An edge needs an access key with the permission `edge`.",
            "Make one with POST /v1.0/accesskeys, put its token in a file and name that with --key-file FILE.",
        )
    asyncio.run(Service(settings, output, alone=True).run())


def _migrate(settings: Settings, output: Output) -> None:
    from dialplane.serve.start import migrate

    migrate(settings)
    output.say("The database has the present schema.")


def _backup(settings: Settings, output: Output, file: str) -> None:
    from dialplane.serve import maintenance

    maintenance.back_up(settings, Path(file))
    output.say(f"Written to {file}. The passwords in it need the folder {settings.data / 'secrets'} to be read.")


def _restore(settings: Settings, output: Output, file: str) -> None:
    from dialplane.serve import maintenance

    maintenance.restore(settings, Path(file), output.warn)
    output.say(f"Restored from {file}. Edges load everything again when Dialplane starts.")


def _rotate_session_keys(settings: Settings, output: Output) -> None:
    from dialplane.serve import maintenance

    maintenance.rotate_session_keys(settings)
    output.say("Logins are signed with a new key from now on; who is logged in stays so.")


def _rotate_password_keys(settings: Settings, output: Output) -> None:
    from dialplane.serve import maintenance

    maintenance.rotate_password_keys(settings)
    output.say("Passwords are encrypted with a new key from now on. Set those again whose key is lost.")


def _settings(settings: Settings, output: Output) -> None:
    found = setting_sources.find(os.environ, Settings.model_fields)
    for name in Settings.model_fields:
        text = setting_sources.masked(name, as_text(getattr(settings, name)))
        source = found[name].source if name in found else "default"
        output.say(f"{setting_sources.PREFIX}{name.upper()}={text}  # {source}")


USAGE = "[edge | migrate | backup FILE | restore FILE | rotate-session-keys | rotate-password-keys | settings]"

MODES: Mapping[str, tuple[Callable[..., None], int]] = {
    "": (_everything, 0),
    "edge": (_edge, 0),
    "migrate": (_migrate, 0),
    "backup": (_backup, 1),
    "restore": (_restore, 1),
    "rotate-session-keys": (_rotate_session_keys, 0),
    "rotate-password-keys": (_rotate_password_keys, 0),
    "settings": (_settings, 0),
}
"""Mode -> its function, of settings, output and arguments, and the number of arguments."""


def main(arguments: list[str]) -> int:
    """Run one mode; the exit status is 1 if it could not begin, 2 if it was called wrongly."""
    keep_private()
    print_everything()
    output = Output()
    name, *rest = arguments or [""]
    mode, count = MODES.get(name, (None, 0))
    if mode is None or len(rest) != count:
        output.say(f"usage: python -m dialplane.serve {USAGE}")
        return 2
    try:
        mode(Settings(), output, *rest)
    except SettingsRefused as error:
        for sentence in error.problems:
            output.say(sentence, style="red")
        return 1
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            output.say(f"DIALPLANE_{name} {problem['msg'].removeprefix('Value error, ')}", style="red")
        return 1
    except CannotStart as error:
        if mode in (_everything, _edge):
            output.cannot_start(error)
        else:
            output.refused(error)
        return 1
    finally:
        output.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
