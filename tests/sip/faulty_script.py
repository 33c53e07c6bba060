"""Kamailio loads this in place of the real script in one test: some numbers meet a bug, at each entry point."""

import os
import site
from pathlib import Path
from typing import Any

site.addsitedir(os.environ["DIALPLANE_EDGE_SITE_PACKAGES"])

from dialplane.edge.call import arrival
from dialplane.edge.call.attempts import Attempts
from dialplane.edge.settings import SETTINGS_VARIABLE, ScriptSettings
from dialplane.edge.sip import connect
from dialplane.edge.worker import Worker
from dialplane.engine.admission import Admission, admit

DECIDING, SENDING, FAILING, REPLYING, BRANCHING = "+1000", "+2000", "+3000", "+4000", "+5000"


class Bug(Exception):
    """What nobody thought of."""


class FaultyAttempts(Attempts):
    def begin(self, plan: Any) -> bool:
        if SENDING in plan.attempts[0].uri:
            raise Bug("while sending")
        return super().begin(plan)

    def complete_invite(self) -> bool:
        if BRANCHING in self._plan().attempts[0].uri:
            raise Bug("in the branch route")
        return super().complete_invite()

    def failed(self) -> None:
        if FAILING in self._plan().attempts[0].uri:
            raise Bug("in the failure route")
        super().failed()

    def replied(self, n: int) -> None:
        if REPLYING in self._plan().attempts[0].uri:
            raise Bug("in the reply route")
        super().replied(n)


def mod_init() -> Worker:
    def faulty_admit(trunk: Any, customer: Any, dialled: str, **others: Any) -> Admission:
        if dialled == DECIDING:
            raise Bug("while deciding")
        return admit(trunk, customer, dialled, **others)

    vars(arrival)["admit"] = faulty_admit
    return Worker(connect(), ScriptSettings.read(Path(os.environ[SETTINGS_VARIABLE])), attempts=FaultyAttempts)
