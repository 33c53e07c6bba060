"""Finds the Dialplane that runs on this machine by its data folder."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_FOLDER = Path("dialplane-data")


@dataclass(frozen=True, slots=True)
class Instance:
    """Where it is reached, and the access key that it keeps for its own machine."""

    control_url: str
    sip: str
    key: str = field(repr=False)


class NotRunning(Exception):
    """No Dialplane runs on this data folder, or this user may not use it. The message says which."""


def find_instance(data: Path | None) -> Instance:
    """The running instance of this data folder (else DIALPLANE_DATA, else the default one). Raises NotRunning."""
    folder = data or Path(os.environ.get("DIALPLANE_DATA", DEFAULT_FOLDER))
    try:
        running = json.loads((folder / "running.json").read_text())
        os.kill(int(running["pid"]), 0)
        key = (folder / "secrets" / "operator.key").read_text().strip()
        return Instance(control_url=str(running["control_url"]), sip=str(running["sip"]), key=key)
    except PermissionError:
        raise NotRunning(f"The Dialplane in {folder} belongs to another user.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise NotRunning(
            f"No Dialplane is running with the data folder {folder}. "
            "Start one with `dialplane serve --demo`, or name its folder with --data FOLDER."
        ) from None
