"""Kamailio loads this in place of the real script in one test: some numbers meet a bug, at each entry point."""

import os
import site
from pathlib import Path
from typing import Any

site.addsitedir(os.environ["DIALPLANE_EDGE_SITE_PACKAGES"])

from dialplane.edge.call import ingress
from dialplane.edge.call.attempts import Outgoing
from dialplane.edge.settings import SETTINGS_VARIABLE, ScriptSettings
from dialplane.edge.sip import connect
from dialplane.edge.worker import Worker

DECIDING, SENDING, FAILING, REPLYING, BRANCHING = "+1000", "+2000", "+3000", "+4000", "+5000"


class Bug(Exception):
    """What nobody thought of."""


class FaultyOutgoing(Outgoing):
    def begin(self, plan: Any) -> None:
        if SENDING in plan.attempts[0].uri:
            raise Bug("while sending")
        super().begin(plan)

    def branch(self) -> bool:
        if BRANCHING in self._plan().attempts[0].uri:
            raise Bug("in the branch route")
        return super().branch()

    def failed(self) -> None:
        if FAILING in self._plan().attempts[0].uri:
            raise Bug("in the failure route")
        super().failed()

    def replied(self, n: int) -> None:
        if REPLYING in self._plan().attempts[0].uri:
            raise Bug("in the reply route")
        super().replied(n)


def mod_init() -> Worker:
    admit = ingress.admit

    def faulty_admit(view: Any, trunk: Any, dialled: str) -> ingress.Admission:
        if dialled == DECIDING:
            raise Bug("while deciding")
        return admit(view, trunk, dialled)

    ingress.admit = faulty_admit
    return Worker(connect(), ScriptSettings.read(Path(os.environ[SETTINGS_VARIABLE])), outgoing=FaultyOutgoing)
