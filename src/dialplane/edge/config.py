"""What an edge is started with, and the part of it that the script reads from one JSON file."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

REFUSE = "refuse"
DROP = "drop"
SITE_PACKAGES_VARIABLE = "DIALPLANE_EDGE_SITE_PACKAGES"
SETTINGS_VARIABLE = "DIALPLANE_EDGE_SETTINGS"


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeConfig:
    """`listen` holds sockets as Kamailio writes them (`udp:127.0.0.1:5060`); `replica`, `events` and `run` are folders.

    `shared_memory_mb` is address space, touched only as calls need it.
    `workers` is the number of processes per UDP socket; `scanners` says whether known scanners and unknown sources
    are refused with 403 or dropped. `max_call_s` ends the record of a call whose BYE was lost. `script` is what
    Kamailio loads, None for the one of this package.
    """

    edge: str = "local"
    listen: Sequence[str]
    replica: Path
    events: Path
    run: Path
    site_packages: Path
    workers: int = 4
    shared_memory_mb: int = 512
    package_memory_mb: int = 8
    max_message_bytes: int = 16_384
    max_attempts: int = 10
    max_call_s: int = 4 * 3600
    scanners: str = REFUSE
    log_level: int = 0
    script: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptSettings:
    """What the script needs. `cookie_key` (hex) signs the Record-Route cookies, so that they outlive a restart."""

    edge: str
    replica: str
    events: str
    sockets: Sequence[str]
    cookie_key: str
    max_attempts: int
    drops_strangers: bool

    @classmethod
    def of(cls, config: EdgeConfig, *, cookie_key: str) -> "ScriptSettings":
        """The script's part of an edge's configuration."""
        return cls(
            edge=config.edge,
            replica=str(config.replica),
            events=str(config.events),
            sockets=tuple(socket.partition(":")[2] for socket in config.listen),
            cookie_key=cookie_key,
            max_attempts=config.max_attempts,
            drops_strangers=config.scanners == DROP,
        )

    def to_json(self) -> str:
        """The settings file's text."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def read(cls, path: Path) -> "ScriptSettings":
        """The settings in a file that `to_json` wrote. Raises OSError, ValueError, TypeError."""
        fields: dict[str, Any] = json.loads(path.read_text())
        return cls(**{**fields, "sockets": tuple(fields["sockets"])})
