"""The settings that the script inside Kamailio reads from one JSON file, which `dialplane.kamailio` writes."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dialplane.edge.limits.breakers import BreakerRule

SETTINGS_VARIABLE = "DIALPLANE_EDGE_SETTINGS"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptSettings:
    """What the script needs. `cookie_key` (hex) signs the Record-Route cookies, so that they outlive a restart."""

    edge: str
    replica: str
    events: str
    run: str
    sockets: Sequence[str]
    cookie_key: str
    max_attempts: int
    breaker_failures: int
    breaker_open_s: int
    drops_strangers: bool
    max_auth_failures: int
    max_headers: int
    max_vias: int
    max_call_s: int
    is_quiet: bool
    denied_networks: Sequence[str] = ()

    @property
    def breakers(self) -> BreakerRule:
        """When a provider's breaker opens, and for how long."""
        return BreakerRule(self.breaker_failures, self.breaker_open_s)

    def to_json(self) -> str:
        """The settings file's text."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def read(cls, path: Path) -> "ScriptSettings":
        """The settings in a file that `to_json` wrote. Raises OSError, ValueError, TypeError."""
        fields: dict[str, Any] = json.loads(path.read_text())
        lists = {name: tuple(fields[name]) for name in ("sockets", "denied_networks")}
        return cls(**{**fields, **lists})
