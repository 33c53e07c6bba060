"""The configuration of one Kamailio as an edge: sockets, folders, resources, certificates, and the edge's settings."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dialplane.edge.settings import EdgeSettings, ScriptSettings
from dialplane.system.address import SocketAddress
from dialplane.system.datafolder import KamailioFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsConfig:
    """PEM files. Without `certificate` and `key` the edge creates its own.

    `authorities` for carriers' certificates may be a folder as `openssl rehash` makes it. Without them certificates are
    not checked; if they are missing none passes. Kamailio checks who signed a certificate, the script for which name.
    """

    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeConfig:
    """`listen` holds sockets as Kamailio writes them (`udp:127.0.0.1:5060`); `replica`, `events` and `run` are folders.

    `advertised` is the address that others reach these sockets at, "" if it is their own. `site_packages` is where the
    script's Python finds this package. `workers` is the number of processes per UDP socket: none of them ever waits, so
    more than processors only cost caches (four on two: 10 to 20 % more CPU a call). `shared_memory_mb` is address
    space, touched only as calls need it. `debug` is Kamailio's log level. `script_carries`: its own
    script carries calls once they are decided, and writes their events to stderr; it does not if a log level fills
    that. `script` is what Kamailio loads, None for the
    one of this package.
    """

    settings: EdgeSettings
    listen: Sequence[str]
    advertised: str = ""
    replica: Path
    events: Path
    run: Path
    site_packages: Path
    workers: int = max(2, os.cpu_count() or 2)
    shared_memory_mb: int = 512
    package_memory_mb: int = 8
    debug: int = 0
    script_carries: bool = True
    script: Path | None = None
    tls: TlsConfig = TlsConfig()

    @property
    def folder(self) -> KamailioFolder:
        """The files in `run`."""
        return KamailioFolder(self.run)

    @property
    def has_tls(self) -> bool:
        """Whether one of the sockets is for TLS."""
        return any(socket.startswith("tls:") for socket in self.listen)

    @property
    def checks_names(self) -> bool:
        """Whether carriers' certificates are checked."""
        return self.has_tls and self.tls.authorities is not None

    @property
    def own_sockets(self) -> Sequence[SocketAddress]:
        """The address and port of each socket, in the order of `listen`."""
        return [SocketAddress.parse(socket.partition(":")[2]) for socket in self.listen]

    @property
    def sockets(self) -> Sequence[SocketAddress]:
        """The address and port of each socket, as others reach it and as it is here."""
        reached = [self.reached_at(socket) for socket in self.own_sockets] if self.advertised else []
        return [*reached, *self.own_sockets]

    def reached_at(self, socket: SocketAddress) -> SocketAddress:
        """The advertised form of a socket of ours."""
        return SocketAddress(self.advertised or socket.host, socket.port)

    @property
    def is_quiet(self) -> bool:
        """Whether workers log only what is critical and what the script says: strangers must not fill the log."""
        return self.debug <= 0

    def for_script(self, *, cookie_key: str) -> ScriptSettings:
        """The script's part of it."""
        return ScriptSettings.of(
            self.settings,
            replica=str(self.replica),
            events=str(self.events),
            run=str(self.run),
            sockets=tuple(map(str, self.sockets)),
            cookie_key=cookie_key,
            is_quiet=self.is_quiet,
            script_carries=self.script_carries and self.is_quiet,
            checks_names=self.checks_names,
        )
