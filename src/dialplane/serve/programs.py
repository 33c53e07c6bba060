"""The programs of one Dialplane, each with its command, its environment and its log."""

import os
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dialplane.kamailio import render
from dialplane.kamailio.config import EdgeConfig, TlsConfig
from dialplane.serve.child import Program
from dialplane.serve.folder import DataFolder

KEPT_BACK = frozenset({"DIALPLANE_ADMIN_PASSWORD"})
"""Settings that only this process needs to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """`http` is None on an edge that runs alone. `http` and `sip` are numeric addresses with their real ports."""

    folder: DataFolder
    edge: str
    control_url: str
    key_file: Path
    http: tuple[str, int] | None
    sip: tuple[str, int]
    sip_tls: tuple[str, int]
    advertised: str
    tls: TlsConfig
    denied_networks: Sequence[str]
    max_attempts: int
    strangers: str
    stranger_requests: int
    ban_s: int
    source_requests_per_second: int
    new_calls_per_second: int
    hide_topology: bool
    breaker_failures: int
    breaker_open_s: int
    max_call_s: int
    keepalive_s: int
    api_stop_s: float

    def ports(self) -> set[int]:
        """All that is listened on."""
        return {address[1] for address in (self.http, self.sip, self.sip_tls) if address is not None}

    def api(self) -> Program:
        """The REST API."""
        return self._python("api", "dialplane.api", stop_s=self.api_stop_s)

    def agent(self) -> Program:
        """The edge agent."""
        return self._python("agent", "dialplane.companion", stop_s=5.0)

    def carriers(self, command: Sequence[str]) -> Program:
        """The demo's carriers."""
        return Program(
            name="demo carriers",
            command=command,
            environment=self._environment(),
            log=self.folder.log("carriers"),
            until_stdin_ends=True,
        )

    def kamailio(self) -> Program:
        """The SIP server, its configuration written. Its workers end with its main process, by the script's doing."""
        config = self.edge_config()
        render.write_config(config)
        return Program(
            name="kamailio",
            command=render.command(config),
            environment=render.environment(config, self._environment()),
            log=self.folder.log("kamailio"),
        )

    def edge_config(self) -> EdgeConfig:
        """What Kamailio is configured with."""
        where = text_of(self.sip)
        return EdgeConfig(
            edge=self.edge,
            listen=(f"udp:{where}", f"tcp:{where}", f"tls:{text_of(self.sip_tls)}"),
            advertised=self.advertised,
            tls=self.tls,
            replica=self.folder.edge / "replica",
            events=self.folder.edge / "events",
            run=self.folder.kamailio,
            site_packages=Path(sysconfig.get_path("purelib")),
            max_attempts=self.max_attempts,
            scanners=self.strangers,
            denied_networks=self.denied_networks,
            max_stranger_requests=self.stranger_requests,
            ban_s=self.ban_s,
            max_source_rps=self.source_requests_per_second,
            max_new_calls_per_s=self.new_calls_per_second,
            hides_topology=self.hide_topology,
            breaker_failures=self.breaker_failures,
            breaker_open_s=self.breaker_open_s,
            max_call_s=self.max_call_s,
            keepalive_s=self.keepalive_s,
        )

    def _python(self, name: str, module: str, *, stop_s: float) -> Program:
        return Program(
            name=name,
            command=(sys.executable, "-m", module),
            environment=self._environment(),
            log=self.folder.log(name),
            stop_s=stop_s,
        )

    def _environment(self) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in KEPT_BACK}
        listening = {} if self.http is None else {"DIALPLANE_HTTP": text_of(self.http)}
        return {
            **kept,
            **listening,
            "DIALPLANE_DATA": str(self.folder.root),
            "DIALPLANE_SIP": text_of(self.sip),
            "DIALPLANE_EDGE_NAME": self.edge,
            "DIALPLANE_CONTROL_URL": self.control_url,
            "DIALPLANE_KEY_FILE": str(self.key_file),
        }


def text_of(address: tuple[str, int]) -> str:
    """`HOST:PORT`, with brackets where the host is an IPv6 address."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def local_url(address: tuple[str, int]) -> str:
    """The URL by which this machine reaches an API that listens there."""
    host, port = address
    return f"http://{text_of(({'0.0.0.0': '127.0.0.1', '::': '::1'}.get(host, host), port))}"
