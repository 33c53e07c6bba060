"""What the command line needs to find a running instance: written at its start, taken away at its end."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = "running.json"


@contextmanager
def announced(folder: Path, *, control_url: str, sip: str) -> Iterator[None]:
    """Say in the data folder where this instance is reached."""
    path = folder / FILE
    aside = folder / f"{FILE}.new"
    aside.write_text(json.dumps({"pid": os.getpid(), "control_url": control_url, "sip": sip}))
    aside.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
