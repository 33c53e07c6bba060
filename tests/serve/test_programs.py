"""Each program gets its settings: the edge's by their own names, the others by the environment."""

import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialplane.companion.__main__ import companion_of
from dialplane.edge.settings import EdgeSettings
from dialplane.serve.demo import OWN_COMMAND, call_command
from dialplane.serve.programs import Programs
from dialplane.settings import Settings
from dialplane.system.address import SocketAddress

HTTP = SocketAddress("0.0.0.0", 8081)
CHANGED: dict[str, Any] = {
    "edge_name": "edge-7",
    "denied_networks": ("10.0.0.0/8",),
    "max_attempts": 3,
    "max_call_s": 900,
    "call_keepalive_s": 0,
    "strangers": "drop",
    "stranger_requests": 7,
    "ban_s": 8,
    "source_requests_per_second": 9,
    "new_calls_per_second": 11,
    "hide_topology": False,
    "breaker_failures": 2,
    "breaker_open_s": 12,
}


def programs(folder: Path, *, http: SocketAddress | None = HTTP, **settings: Any) -> Programs:
    return Programs(
        settings=Settings.model_validate({"data": folder, **settings}),
        http=http,
        sip=SocketAddress("::1", 5062),
        sip_tls=SocketAddress("::1", 5063),
        advertised="",
    )


def test_every_setting_of_the_edge_reaches_it_by_its_own_name(tmp_path: Path) -> None:
    config = programs(tmp_path, **CHANGED).edge_config()

    assert config.settings == EdgeSettings(**CHANGED)
    assert config.listen == ("udp:[::1]:5062", "tcp:[::1]:5062", "tls:[::1]:5063")
    assert config.run == tmp_path / "edge" / "kamailio"


def test_kamailio_gets_the_memory_that_is_set(tmp_path: Path) -> None:
    command = programs(tmp_path, shared_memory_mb=1024).kamailio().command
    assert command[command.index("-m") + 1] == "1024"


@pytest.mark.parametrize(
    ("here", "data", "command"),
    [
        ("/srv", "/srv/some where", "dialplane call --data 'some where'"),
        ("/", "/var/lib/dialplane", "dialplane call --data /var/lib/dialplane"),
        ("/srv", "/srv/dialplane-data", "dialplane call"),
    ],
)
def test_the_command_to_try_next_is_short_where_people_type_and_whole_where_services_run(
    monkeypatch: pytest.MonkeyPatch, here: str, data: str, command: str
) -> None:
    monkeypatch.setattr(os, "getcwd", lambda: here)
    monkeypatch.delenv(OWN_COMMAND, raising=False)
    assert call_command(Path(data)) == command


def test_the_call_that_is_suggested_can_be_pasted_where_a_folder_has_a_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OWN_COMMAND, "/srv/my phone/.venv/bin/dialplane")
    line = call_command(Path("/srv/my data"))
    assert shlex.split(line) == ["/srv/my phone/.venv/bin/dialplane", "call", "--data", "/srv/my data"]


def test_a_demo_without_callers_has_no_breakers(tmp_path: Path) -> None:
    config = programs(tmp_path, demo=True, demo_calls_per_s=0).edge_config()
    assert config.settings == replace(EdgeSettings.of(Settings()), breaker_failures=0)
    assert programs(tmp_path, demo=True).edge_config().settings == EdgeSettings.of(Settings())


def test_the_companion_follows_the_api_of_its_machine_by_loopback(tmp_path: Path) -> None:
    environment = programs(tmp_path, control_url="http://elsewhere:1").companion().environment
    assert environment["DIALPLANE_HTTP"] == "0.0.0.0:8081"
    assert environment["DIALPLANE_CONTROL_URL"] == "http://127.0.0.1:8081"
    assert environment["DIALPLANE_KEY_FILE"] == str(tmp_path / "edge" / "edge.key")


def test_an_edge_alone_follows_another_control_plane_with_its_own_key(tmp_path: Path) -> None:
    alone = programs(tmp_path, http=None, control_url="https://control.example", key_file="/etc/dialplane/edge.key")
    environment = alone.companion().environment
    assert environment["DIALPLANE_CONTROL_URL"] == "https://control.example"
    assert environment["DIALPLANE_KEY_FILE"] == "/etc/dialplane/edge.key"


def test_only_the_supervisor_knows_the_first_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALPLANE_ADMIN_PASSWORD", "a long enough one")
    found = programs(tmp_path)
    assert all("DIALPLANE_ADMIN_PASSWORD" not in made.environment for made in (found.api(), found.companion()))


def test_the_companion_gets_the_settings_that_it_reads_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Reading()
    monkeypatch.setattr(Settings, "__getattribute__", read.attribute)
    settings = Settings.model_validate({"data": tmp_path, "http": "127.0.0.1:1"})
    settings.folder.edge.key.parent.mkdir(parents=True)
    settings.folder.edge.key.write_text("key")
    read.names.clear()
    companion_of(settings)
    monkeypatch.undo()
    names = {name for name in programs(tmp_path).companion().environment if name.startswith("DIALPLANE_")}
    needed = (read.names & set(Settings.model_fields)) | {"log_level"}
    assert {f"DIALPLANE_{name.upper()}" for name in needed} == names


class Reading:
    """Names of the attributes that were read."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    @property
    def attribute(self) -> Any:
        def read(settings: Settings, name: str) -> Any:
            self.names.add(name)
            return object.__getattribute__(settings, name)

        return read


def test_a_program_gets_what_a_file_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "dialplane.toml"
    config.write_text('probe_timeout_s = 1.5\ntrusted_proxies = ["10.0.0.1", "10.1.0.0/16"]\nhide_topology = false\n')
    monkeypatch.setenv("DIALPLANE_CONFIG", str(config))
    found = programs(tmp_path)
    assert found.companion().environment["DIALPLANE_PROBE_TIMEOUT_S"] == "1.5"
    assert "DIALPLANE_CONFIG" not in found.companion().environment
    api = found.api().environment
    assert (api["DIALPLANE_TRUSTED_PROXIES"], api["DIALPLANE_HIDE_TOPOLOGY"]) == ("10.0.0.1/32,10.1.0.0/16", "false")


def test_only_the_api_knows_the_way_into_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALPLANE_DATABASE_URL", "postgresql://user:the-password@host/name")
    monkeypatch.setenv("PGPASSWORD", "the-password")
    found = programs(tmp_path)
    assert "the-password" in " ".join(found.api().environment.values())
    for made in (found.companion(), found.kamailio(), found.demo("carriers", ["true"])):
        assert "the-password" not in " ".join(made.environment.values())


def test_kamailio_gets_no_setting_but_where_its_script_finds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALPLANE_LOG_LEVEL", "debug")
    environment = programs(tmp_path).kamailio().environment
    names = {name for name in environment if name.startswith("DIALPLANE_")}
    assert names == {"DIALPLANE_EDGE_SETTINGS", "DIALPLANE_EDGE_SITE_PACKAGES"}
