"""The programs of one Dialplane, each with its command, its environment and its log."""

import os
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dialplane.edge.settings import EdgeSettings
from dialplane.kamailio.command import command_line, environment
from dialplane.kamailio.config import EdgeConfig, TlsConfig
from dialplane.kamailio.render import write_config
from dialplane.serve.supervisor import Program
from dialplane.settings import Settings
from dialplane.system.address import SocketAddress
from dialplane.system.datafolder import DataFolder

WITHHELD = frozenset({"DIALPLANE_ADMIN_PASSWORD"})
"""Variables that no program gets: only the supervisor needs them."""

DATABASE_VARIABLES = frozenset({"DIALPLANE_DATABASE_URL", "PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE"})
"""Variables that only the API gets: they lead to the database, with its password."""

API_STOP_GRACE_S = 2.0
PREFIX = "DIALPLANE_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Sockets are IP addresses with their real ports; `http` is None on an edge alone.

    `advertised`: the IP address that others reach the SIP sockets at, "" if it is their own.
    """

    settings: Settings
    http: SocketAddress | None
    sip: SocketAddress
    sip_tls: SocketAddress
    advertised: str

    @property
    def folder(self) -> DataFolder:
        """The data folder of them all."""
        return self.settings.folder

    @property
    def control_url(self) -> str:
        """The URL of the API that the companion follows."""
        return self.settings.control_url if self.http is None else f"http://{self.http.from_here}"

    @property
    def key_file(self) -> Path:
        """The file of the companion's access key."""
        own = self.folder.edge.key
        return own if self.http is not None else (self.settings.key_file or own).absolute()

    @property
    def ports(self) -> set[int]:
        """All ports that are listened on."""
        return {socket.port for socket in (self.http, self.sip, self.sip_tls) if socket is not None}

    def api(self) -> Program:
        """The REST API."""
        return Program(
            name="api",
            command=(sys.executable, "-m", "dialplane.api"),
            environment=self._environment(),
            log=self.folder.log("api"),
            stop_s=self.settings.shutdown_timeout_s + API_STOP_GRACE_S,
        )

    def companion(self) -> Program:
        """The edge's companion."""
        return Program(
            name="companion",
            command=(sys.executable, "-m", "dialplane.companion"),
            environment=self._edge_environment(),
            log=self.folder.log("companion"),
        )

    def kamailio(self) -> Program:
        """The SIP server. The script ends its workers with its main process, and gets its settings from a file."""
        config = self.edge_config()
        others = {name: value for name, value in self._edge_environment().items() if not name.startswith(PREFIX)}
        return Program(
            name="kamailio",
            command=command_line(config),
            environment=environment(config, others),
            log=self.folder.log("kamailio"),
            before_start=partial(write_config, config),
        )

    def carriers(self, command: Sequence[str]) -> Program:
        """The demo's carriers."""
        return Program(
            name="demo carriers",
            command=command,
            environment=self._edge_environment(),
            log=self.folder.log("carriers"),
            until_stdin_ends=True,
        )

    def edge_config(self) -> EdgeConfig:
        """The configuration of Kamailio."""
        settings, edge = self.settings, self.folder.edge
        # the demo's first carrier refuses every call, so that the failover can be seen
        changes = {"breaker_failures": 0} if settings.demo else {}
        return EdgeConfig(
            settings=EdgeSettings.of(settings, **changes),
            listen=(f"udp:{self.sip}", f"tcp:{self.sip}", f"tls:{self.sip_tls}"),
            advertised=self.advertised,
            tls=TlsConfig(
                certificate=settings.tls_certificate, key=settings.tls_key, authorities=settings.carrier_authorities
            ),
            replica=edge.replica,
            events=edge.events,
            run=edge.kamailio.root,
            site_packages=Path(sysconfig.get_path("purelib")),
        )

    def _environment(self) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in WITHHELD}
        listening = {} if self.http is None else {"DIALPLANE_HTTP": str(self.http)}
        return {
            **kept,
            **listening,
            "DIALPLANE_DATA": str(self.folder.root),
            "DIALPLANE_SIP": str(self.sip),
            "DIALPLANE_EDGE_NAME": self.settings.edge_name,
            "DIALPLANE_CONTROL_URL": self.control_url,
            "DIALPLANE_KEY_FILE": str(self.key_file),
        }

    def _edge_environment(self) -> Mapping[str, str]:
        return {name: value for name, value in self._environment().items() if name not in DATABASE_VARIABLES}
