from pathlib import Path

import pytest

from dialplane.edge.settings import EdgeSettings
from dialplane.kamailio import command
from dialplane.kamailio.command import command_line, environment, install_command, missing
from dialplane.kamailio.config import EdgeConfig
from dialplane.kamailio.render import modules
from dialplane.settings import Settings


@pytest.fixture
def config(tmp_path: Path) -> EdgeConfig:
    return EdgeConfig(
        settings=EdgeSettings.of(Settings()),
        listen=("udp:127.0.0.1:5999",),
        replica=tmp_path / "replica",
        events=tmp_path / "events",
        run=tmp_path / "run",
        site_packages=tmp_path,
    )


def test_kamailio_runs_in_the_foreground_within_its_own_folder(config: EdgeConfig) -> None:
    line = command_line(config)

    assert "-DD" in line
    assert [line[line.index(flag) + 1] for flag in ("-Y", "-w")] == [str(config.run)] * 2


def test_nothing_of_our_own_python_leads_kamailios_astray(config: EdgeConfig) -> None:
    found = environment(config, {"PYTHONPATH": "/x", "PYTHONHOME": "/y", "HOME": "/root"})

    assert "PYTHONPATH" not in found
    assert "PYTHONHOME" not in found
    assert found["HOME"] == "/root"
    assert found["DIALPLANE_EDGE_SITE_PACKAGES"] == str(config.site_packages)


def test_here_nothing_is_missing() -> None:
    assert missing() == ()


def test_what_is_missing_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "kamailio" / "modules"
    folder.mkdir(parents=True)
    for name in modules():
        (folder / f"{name}.so").touch()
    (folder / "dialog.so").unlink()
    (folder / "app_python3.so").write_bytes(b"...libpython3.9.so.1.0...")
    monkeypatch.setattr(command, "_LIBRARY_FOLDERS", (str(tmp_path),))

    lacking = missing()

    assert lacking[0] == "Kamailio's module dialog"
    assert lacking[1].startswith("Python 3.9")
    assert install_command().startswith("env RUNLEVEL=1 apt-get install --yes kamailio kamailio-python3-modules")
