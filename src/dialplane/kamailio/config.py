"""What an edge is started with."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dialplane.edge.settings import ScriptSettings

REFUSE = "refuse"
DROP = "drop"
SITE_PACKAGES_VARIABLE = "DIALPLANE_EDGE_SITE_PACKAGES"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsConfig:
    """PEM files. Without `certificate` and `key` the edge makes its own.

    `authorities` for carriers' certificates may be a folder as `openssl rehash` makes it. Without them certificates are
    not checked; where they are missing none passes. Kamailio checks who signed a certificate, and not for which name.
    """

    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeConfig:
    """`listen` holds sockets as Kamailio writes them (`udp:127.0.0.1:5060`); `replica`, `events` and `run` are folders.

    `advertised` is the address that others reach these sockets at, where that is another one; "" where it is not.

    `shared_memory_mb` is address space, touched only as calls need it.
    `workers` is the number of processes per UDP socket: none of them ever waits, so more than processors only cost
    caches (four on two: 10 to 20 % more CPU a call). `scanners` says whether known scanners and unknown sources
    are refused with 403 or dropped. A source without a trunk that asks more than `max_stranger_requests` in 10 s, or
    sends `max_auth_failures` wrong passwords in 10 min, gets no answer for `ban_s`; `max_source_rps` is for every
    source, `max_new_calls_per_s` for all together (0: none; else what the machine was measured to carry).
    `nonce_s` is how long a digest nonce holds. `hides_topology`: neither side sees the other's addresses in SIP headers
    (docs/decisions/0008). After `max_call_s` an answered call is ended with a BYE to both sides; each `keepalive_s`
    (0: never; Kamailio takes no less than 30) both are asked by OPTIONS whether they are still in it, and it is ended
    as well once one has been silent, or has answered 481, `keepalive_failures` times in a row. Each `list_calls_s` the
    edge tells which calls it holds dialogs of (docs/decisions/0006). No call goes into `denied_networks`. `script` is
    what Kamailio loads, None for the one of this package.
    """

    edge: str = "local"
    listen: Sequence[str]
    advertised: str = ""
    replica: Path
    events: Path
    run: Path
    site_packages: Path
    workers: int = max(2, os.cpu_count() or 2)
    shared_memory_mb: int = 512
    package_memory_mb: int = 8
    max_message_bytes: int = 16_384
    max_headers: int = 100
    max_vias: int = 64
    max_stranger_requests: int = 50
    max_auth_failures: int = 20
    ban_s: int = 300
    max_source_rps: int = 5_000
    max_new_calls_per_s: int = 0
    nonce_s: int = 300
    hides_topology: bool = True
    max_attempts: int = 10
    breaker_failures: int = 0
    breaker_open_s: int = 30
    max_call_s: int = 4 * 3600
    keepalive_s: int = 300
    keepalive_failures: int = 2
    list_calls_s: int = 60
    scanners: str = REFUSE
    denied_networks: Sequence[str] = ()
    log_level: int = 0
    script: Path | None = None
    tls: TlsConfig = TlsConfig()

    @property
    def sockets(self) -> Sequence[str]:
        """`address:port` of each socket, as others reach it and as it is here."""
        here = [socket.partition(":")[2] for socket in self.listen]
        return (*(self.reached_at(socket) for socket in here if self.advertised), *here)

    def reached_at(self, socket: str) -> str:
        """The advertised form of an `address:port` of ours."""
        host = f"[{self.advertised}]" if ":" in self.advertised else self.advertised
        return f"{host}:{socket.rpartition(':')[2]}"

    @property
    def is_quiet(self) -> bool:
        """Whether workers log only what is critical and what the script says: strangers must not fill the log."""
        return self.log_level <= 0


def script_settings(config: EdgeConfig, *, cookie_key: str) -> ScriptSettings:
    """The script's part of an edge's configuration."""
    return ScriptSettings(
        edge=config.edge,
        replica=str(config.replica),
        events=str(config.events),
        run=str(config.run),
        sockets=tuple(config.sockets),
        cookie_key=cookie_key,
        max_attempts=config.max_attempts,
        breaker_failures=config.breaker_failures,
        breaker_open_s=config.breaker_open_s,
        drops_strangers=config.scanners == DROP,
        max_auth_failures=config.max_auth_failures,
        max_headers=config.max_headers,
        max_vias=config.max_vias,
        max_call_s=config.max_call_s,
        is_quiet=config.is_quiet,
        denied_networks=tuple(config.denied_networks),
    )
