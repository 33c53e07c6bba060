"""Where settings come from: the environment, files that it names for secrets, and a TOML file.

`DIALPLANE_<NAME>` comes before `<name>` in the file that `DIALPLANE_CONFIG` (or --config) names. A secret may also
stand in a file of its own, which `DIALPLANE_<NAME>_FILE` or `<name>_file` names. A name that is no setting is refused:
were it ignored, Dialplane would start as if nothing were set.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

PREFIX = "DIALPLANE_"
CONFIG = f"{PREFIX}CONFIG"
ENVIRONMENT = "environment"

SECRETS = ("admin_password", "database_url", "kafka_password")
"""Settings that may hold a password: printed masked, and taken from files too."""

_FILE = "_file"
_NO_SETTINGS = re.compile("command|config|edge_settings|edge_site_packages|service_host|(service_)?port(_.*)?")
"""Variables with our prefix that are none: our own, and those that Kubernetes sets for a service `dialplane`."""


class SettingsRefused(Exception):
    """`problems`: one sentence for each."""

    def __init__(self, problems: Collection[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Found(NamedTuple):
    """A value as its source has it, and the source in words."""

    value: Any
    source: str


def find(environment: Mapping[str, str], names: Collection[str]) -> dict[str, Found]:
    """Name -> what is set, of the settings with these names. Raises SettingsRefused."""
    variables = {
        name[len(PREFIX) :].lower(): value for name, value in environment.items() if name.upper().startswith(PREFIX)
    }
    problems: list[str] = []
    file = variables.get("config", "")
    configured = _configured(Path(file), problems) if file else {}
    found = {
        **_of_source(configured, names, problems, source=file),
        **_of_source(variables, names, problems, source=ENVIRONMENT),
    }
    if problems:
        raise SettingsRefused(problems)
    return found


def masked(name: str, text: str) -> str:
    """The text of a setting as it may be shown: without the password of a URL, or whole passwords."""
    if name not in SECRETS or not text:
        return text
    address = re.fullmatch(r"(\w[\w+.-]*://)(?:([^/@:]*)(:.*)?@)?([^?@]*)(\?.*)?", text)
    if address is None or name != "database_url":
        return "***"
    scheme, user, password, place, query = address.groups(default="")
    return (
        f"{scheme}{user}{':***' if password else ''}{'@' if user or password else ''}{place}{'?***' if query else ''}"
    )


def _configured(file: Path, problems: list[str]) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text())
    except OSError as error:
        problems.append(f"{file}: {error.strerror}")
    except ValueError as error:
        problems.append(f"{file}: {error}")
    return {}


def _of_source(
    values: Mapping[str, Any], names: Collection[str], problems: list[str], *, source: str
) -> dict[str, Found]:
    """The settings among these values; adds to `problems` what is wrong with the others."""
    found: dict[str, Found] = {}
    for name, value in values.items():
        secret = name.removesuffix(_FILE)
        if isinstance(value, dict):
            problems.append(f"{_spelled(source, name)} is a table: settings have no sections")
        elif name in names:
            found[name] = Found(value, source)
        elif secret in SECRETS and secret in values:
            problems.append(
                f"{_spelled(source, name)} and {_spelled(source, secret)} are both set: leave one of them out"
            )
        elif secret in SECRETS:
            found[secret] = Found(_content(Path(str(value)), _spelled(source, name), problems), str(value))
        elif source != ENVIRONMENT or not _NO_SETTINGS.fullmatch(name):
            problems.append(_unknown(source, name, names))
    return found


def _content(file: Path, named_by: str, problems: list[str]) -> str:
    """A secret's file, without the end of its line."""
    try:
        return file.read_text().rstrip("\r\n")
    except (OSError, ValueError) as error:
        problems.append(f"{named_by}: {file}: {error.strerror if isinstance(error, OSError) else 'not a text'}")
        return ""


def _unknown(source: str, name: str, names: Collection[str]) -> str:
    near = get_close_matches(name, [*names, *(secret + _FILE for secret in SECRETS)], n=1)
    question = f": did you mean {_spelled(source, near[0])}?" if near else ""
    return f"{_spelled(source, name)} is no setting{question}"


def _spelled(source: str, name: str) -> str:
    """As the source has it."""
    return f"{PREFIX}{name.upper()}" if source == ENVIRONMENT else f"{source}: {name}"
