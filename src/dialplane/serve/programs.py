"""The programs of one Dialplane, each with its command, its environment and its log."""

import os
import sys
import sysconfig
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dialplane.edge.settings import EdgeSettings
from dialplane.kamailio.command import command_line, environment
from dialplane.kamailio.config import EdgeConfig, TlsConfig
from dialplane.kamailio.render import write_config
from dialplane.serve.supervisor import Program
from dialplane.setting_sources import PREFIX
from dialplane.settings import Settings
from dialplane.system.address import SocketAddress
from dialplane.system.datafolder import DataFolder

OF_API = frozenset(Settings.model_fields) - {"admin_password"}
"""The settings that the API gets: the first password is the supervisor's."""

OF_COMPANION = frozenset(
    {
        *("data", "http", "sip", "edge_name", "control_url", "key_file", "log_level", "denied_networks", "dns_server"),
        *("max_call_s", "replica_check_s", "tls_certificate", "tls_authorities", "tls_verify_carriers"),
        *("probe_interval_s", "probe_timeout_s", "probe_down_after", "probe_up_after"),
    }
)
"""Those that the companion gets; Kamailio's script has its own in a file."""

OF_DATABASE = frozenset({"PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE"})
"""Variables that only the API gets: they lead to the database, with its password."""

API_STOP_GRACE_S = 2.0


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
            environment=self._environment(OF_API),
            log=self.folder.log("api"),
            stop_s=self.settings.shutdown_timeout_s + API_STOP_GRACE_S,
        )

    def companion(self) -> Program:
        """The edge's companion."""
        return Program(
            name="companion",
            command=(sys.executable, "-m", "dialplane.companion"),
            environment=self._environment(OF_COMPANION, but=OF_DATABASE),
            log=self.folder.log("companion"),
        )

    def kamailio(self) -> Program:
        """The SIP server. The script ends its workers with its main process, and gets its settings from a file."""
        config = self.edge_config()
        return Program(
            name="kamailio",
            command=command_line(config),
            environment=environment(config, self._others(but=OF_DATABASE)),
            log=self.folder.log("kamailio"),
            waits_for_log=False,
            before_start=partial(write_config, config),
        )

    def demo(self, name: str, command: Sequence[str]) -> Program:
        """The demo's carriers, or its callers."""
        return Program(
            name=f"demo {name}",
            command=command,
            environment=self._environment({"data"}, but=OF_DATABASE),
            log=self.folder.log(name),
            until_stdin_ends=True,
        )

    def edge_config(self) -> EdgeConfig:
        """The configuration of Kamailio."""
        settings, edge = self.settings, self.folder.edge
        # a demo without callers makes few calls, which are to show a failover, and not that a breaker is open
        changes = {"breaker_failures": 0} if settings.demo and not settings.demo_calls_per_s else {}
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
            shared_memory_mb=settings.shared_memory_mb,
        )

    def _environment(self, names: Collection[str], *, but: Collection[str] = ()) -> Mapping[str, str]:
        """The settings of these names as they are effective, and the environment's other variables."""
        listening = {} if self.http is None else {"http": self.http}
        own: dict[str, Any] = {
            "data": self.folder.root,
            "sip": self.sip,
            "control_url": self.control_url,
            "key_file": self.key_file,
        }
        effective = self.settings.model_copy(update={**listening, **own})
        return {**self._others(but=but), **effective.as_environment(names)}

    def _others(self, *, but: Collection[str] = ()) -> dict[str, str]:
        """The variables that are no settings."""
        return {name: value for name, value in os.environ.items() if not (name.startswith(PREFIX) or name in but)}
