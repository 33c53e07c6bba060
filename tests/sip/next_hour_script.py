"""Kamailio loads this in place of the real script in one test: for Python the next hour begins once a file is there."""

import os
import site
import time
from pathlib import Path

site.addsitedir(os.environ["DIALPLANE_EDGE_SITE_PACKAGES"])

from dialplane.edge.settings import SETTINGS_VARIABLE, ScriptSettings
from dialplane.edge.sip import connect
from dialplane.edge.worker import Worker

NEXT_HOUR = "next-hour"
HOUR_NS = 3_600_000_000_000

_settings = Path(os.environ[SETTINGS_VARIABLE])
_time_ns = time.time_ns


def _shifted_ns() -> int:
    """Notes each reading in a file of this process: the one that looks at the hour does so fifty times a second."""
    if not _settings.with_name(NEXT_HOUR).exists():
        return _time_ns()
    with _settings.with_name(f"{NEXT_HOUR}-read-by-{os.getpid()}").open("a") as readings:
        readings.write(".")
    return _time_ns() + HOUR_NS


def mod_init() -> Worker:
    time.time_ns = _shifted_ns
    return Worker(connect(), ScriptSettings.read(_settings))
