"""Settings and contexts of an edge in a folder of the test's."""

from pathlib import Path
from typing import Any

from dialplane.edge.call.context import CallContext
from dialplane.edge.limits.breakers import Breakers
from dialplane.edge.limits.channels import Caps
from dialplane.edge.settings import ScriptSettings
from dialplane.edge.sip import Sip
from dialplane.eventlog.writer import EventLog
from dialplane.settings import Settings


def settings_in(folder: Path, **fields: Any) -> ScriptSettings:
    """The settings of an edge that keeps everything in this folder."""
    own = {
        "edge_name": "test",
        "replica": str(folder / "replica"),
        "events": str(folder / "events"),
        "run": str(folder / "run"),
        "sockets": ("127.0.0.1:5060",),
        "cookie_key": "00" * 32,
        "is_quiet": False,
        "script_carries": False,
        "checks_names": False,
    }
    return ScriptSettings.of(Settings(), **{**own, **fields})


def context_of(sip: Sip, log: EventLog, settings: ScriptSettings, *, now_s: float = 1_000.0) -> CallContext:
    """A context whose monotonic clock stands still at `now_s`."""
    return CallContext(
        sip=sip,
        log=log,
        settings=settings,
        breakers=Breakers(sip, log, settings.breakers, now_s=lambda: now_s),
        caps=Caps(sip, now_s=lambda: now_s),
        warn=lambda text: None,
    )
