"""Kamailio loads this in place of the real script in one test: the end of an attempt takes a while to decide."""

import os
import site
import time
from pathlib import Path

site.addsitedir(os.environ["DIALPLANE_EDGE_SITE_PACKAGES"])

from dialplane.edge.call.attempts import Attempts
from dialplane.edge.settings import SETTINGS_VARIABLE, ScriptSettings
from dialplane.edge.sip import connect
from dialplane.edge.worker import Worker

DECIDING_S = 1.0


class SlowAttempts(Attempts):
    def failed(self) -> None:
        time.sleep(DECIDING_S)
        super().failed()


def mod_init() -> Worker:
    return Worker(connect(), ScriptSettings.read(Path(os.environ[SETTINGS_VARIABLE])), attempts=SlowAttempts)
