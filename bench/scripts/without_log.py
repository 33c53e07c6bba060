"""Kamailio loads this in place of the edge's script: the same without the event log, which costs the difference."""

import os
import site
from typing import Any

site.addsitedir(os.environ["DIALPLANE_EDGE_SITE_PACKAGES"])

from dialplane.edge import worker
from dialplane.edge.script import mod_init
from dialplane.eventlog.writer import EventLog

__all__ = ["mod_init"]


class NoEventLog(EventLog):
    """Writes nothing."""

    def _append(self, *_arguments: Any, **_fields: Any) -> None:
        pass


vars(worker)["EventLog"] = NoEventLog
