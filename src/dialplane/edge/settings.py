"""The edge's settings, under the names that they have in `dialplane.settings`, and the file that the script reads.

`dialplane.kamailio` fills Kamailio's configuration with them and writes the file.
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from dialplane.engine.breaker import BreakerRule

SETTINGS_VARIABLE = "DIALPLANE_EDGE_SETTINGS"
REFUSE = "refuse"
DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    """The settings of an edge: `dialplane.settings` has their defaults and reasons; what has a default here is fixed.

    `max_auth_failures` wrong passwords in 10 minutes from one source have it banned for `ban_s`. Requests with more
    than `max_headers` headers or `max_vias` Via headers are refused. A digest nonce holds for `nonce_s`. A side of a
    call that is silent or answers 481 to `call_keepalive_failures` OPTIONS in a row has lost it. The calls that have a
    dialog are listed in an event each `list_calls_s` (docs/decisions/0006).
    """

    edge_name: str
    denied_networks: tuple[str, ...]
    max_attempts: int
    max_call_s: int
    call_keepalive_s: int
    strangers: str
    stranger_requests: int
    ban_s: int
    source_requests_per_second: int
    new_calls_per_second: int
    hide_topology: bool
    breaker_failures: int
    breaker_open_s: int

    max_auth_failures: int = 20
    max_message_bytes: int = 16_384
    max_headers: int = 100
    max_vias: int = 64
    nonce_s: int = 300
    call_keepalive_failures: int = 2
    list_calls_s: int = 60

    @classmethod
    def of(cls, settings: object, **others: Any) -> Self:
        """The attributes of `settings` by the same names, with `others` in place. Raises TypeError if one lacks."""
        names = [field.name for field in fields(cls)]
        return cls(**{**{name: getattr(settings, name) for name in names if hasattr(settings, name)}, **others})

    @property
    def breakers(self) -> BreakerRule:
        """When a provider's breaker opens, and for how long."""
        return BreakerRule(self.breaker_failures, self.breaker_open_s)

    @property
    def drops_strangers(self) -> bool:
        """Whether sources that belong to no trunk get no answer at all."""
        return self.strangers == DROP


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptSettings(EdgeSettings):
    """The edge's settings, and what else the script inside Kamailio starts with.

    `replica`, `events` and `run` are folders; `sockets` the `address:port` of each SIP socket, as others reach it and
    as it is here. `cookie_key` (hex) signs the Record-Route cookies, so that they outlive a restart. `is_quiet`:
    workers log only what is critical and what the script says. `script_carries`: Kamailio's own script carries calls
    that need no decision any more, and writes their events; if not, Python does. `checks_names`: a certificate of a
    carrier over TLS must be for the carrier's name.
    """

    replica: str
    events: str
    run: str
    sockets: tuple[str, ...]
    cookie_key: str
    is_quiet: bool
    script_carries: bool
    checks_names: bool

    def to_json(self) -> str:
        """The settings file's text."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def read(cls, path: Path) -> Self:
        """The settings in a file that `to_json` wrote. Raises OSError, ValueError, TypeError."""
        stored: dict[str, Any] = json.loads(path.read_text())
        lists: dict[str, Any] = {name: tuple(value) for name, value in stored.items() if isinstance(value, list)}
        return cls(**{**stored, **lists})
