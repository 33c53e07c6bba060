import json
import stat
from pathlib import Path

import pytest

from dialplane.edge.settings import ScriptSettings
from dialplane.kamailio import render
from dialplane.kamailio.config import EdgeConfig


@pytest.fixture
def config(tmp_path: Path) -> EdgeConfig:
    return EdgeConfig(
        listen=("udp:127.0.0.1:5999", "tcp:127.0.0.1:5999"),
        replica=tmp_path / "replica",
        events=tmp_path / "events",
        run=tmp_path / "run",
        site_packages=tmp_path,
    )


def test_nothing_is_left_to_fill_in(config: EdgeConfig) -> None:
    text = render.render(config)

    assert "@{" not in text
    assert "listen=udp:127.0.0.1:5999\nlisten=tcp:127.0.0.1:5999\n" in text
    assert "disable_tcp" not in text
    assert Path(text.partition('"load", "')[2].partition('"')[0]).is_file()


def test_without_a_tcp_socket_tcp_is_off(config: EdgeConfig) -> None:
    only_udp = EdgeConfig(
        listen=("udp:127.0.0.1:5999",),
        replica=config.replica,
        events=config.events,
        run=config.run,
        site_packages=config.site_packages,
    )

    assert "disable_tcp=yes" in render.render(only_udp)


def test_the_script_reads_the_settings_that_were_written(config: EdgeConfig) -> None:
    render.write_config(config)

    settings = ScriptSettings.read(config.run / "script.json")
    assert settings.sockets == ("127.0.0.1:5999", "127.0.0.1:5999")
    assert settings.replica == str(config.replica)
    assert len(bytes.fromhex(settings.cookie_key)) == 32


def test_what_holds_the_key_is_for_its_owner_only_and_the_key_stays(config: EdgeConfig) -> None:
    render.write_config(config)
    before = json.loads((config.run / "script.json").read_text())["cookie_key"]
    render.write_config(config)

    assert json.loads((config.run / "script.json").read_text())["cookie_key"] == before
    assert {stat.S_IMODE(path.stat().st_mode) for path in config.run.iterdir()} == {0o600}


def test_kamailio_runs_in_the_foreground_within_its_own_folder(config: EdgeConfig) -> None:
    command = render.command(config)

    assert "-DD" in command
    assert [command[command.index(flag) + 1] for flag in ("-Y", "-w")] == [str(config.run)] * 2


def test_nothing_of_our_own_python_leads_kamailios_astray(config: EdgeConfig) -> None:
    environment = render.environment(config, {"PYTHONPATH": "/x", "PYTHONHOME": "/y", "HOME": "/root"})

    assert "PYTHONPATH" not in environment
    assert "PYTHONHOME" not in environment
    assert environment["HOME"] == "/root"
    assert environment["DIALPLANE_EDGE_SITE_PACKAGES"] == str(config.site_packages)


def test_here_nothing_is_missing() -> None:
    assert render.missing() == ()


def test_what_is_missing_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = tmp_path / "kamailio" / "modules"
    modules.mkdir(parents=True)
    for name in render._modules():
        (modules / f"{name}.so").touch()
    (modules / "dialog.so").unlink()
    (modules / "app_python3.so").write_bytes(b"...libpython3.9.so.1.0...")
    monkeypatch.setattr(render, "_MODULE_FOLDERS", (str(tmp_path),))

    lacking = render.missing()

    assert lacking[0] == "Kamailio's module dialog"
    assert lacking[1].startswith("Python 3.9")
    assert render.install_command().startswith("apt-get install --yes kamailio kamailio-python3-modules")
