"""The units under deploy/: what they start and set is there, for ever, and they leave stopping to the supervisor."""

import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from dialplane.serve.supervisor import Program
from dialplane.settings import Settings
from tests.serve.test_programs import programs

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
UNITS = {"dialplane.service": "serve", "dialplane-edge.service": "edge"}


def unit(name: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read(DEPLOY / name)
    return parser


@pytest.mark.parametrize(("name", "verb"), UNITS.items())
def test_a_unit_starts_a_command_that_exists_with_settings_that_exist(name: str, verb: str) -> None:
    service = unit(name)["Service"]
    program, *arguments = service["execstart"].split()
    assert (Path(program).name, arguments) == ("dialplane", [verb])
    shown = subprocess.run(
        [str(Path(sys.executable).with_name("dialplane")), verb, "--help"], capture_output=True, text=True, timeout=30
    )
    assert shown.returncode == 0, shown.stderr
    named = re.findall(r"DIALPLANE_([A-Z_]+)", (DEPLOY / name).read_text())
    assert named
    assert {setting.lower() for setting in named} <= Settings.model_fields.keys()


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_leaves_the_order_of_stopping_to_the_supervisor(name: str) -> None:
    found = unit(name)
    assert found.sections() == ["Unit", "Service", "Install"]
    assert found["Service"]["killmode"] == "mixed"
    assert found["Service"]["restart"] == "always"
    assert found["Install"]["wantedby"] == "multi-user.target"


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_started_for_ever_and_outlives_a_part_that_is_killed_for_memory(name: str) -> None:
    found = unit(name)
    assert found["Unit"]["startlimitintervalsec"] == "0"
    assert found["Service"]["oompolicy"] == "continue"


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_may_do_no_more_than_it_needs(name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=30", str(DEPLOY / name)]
    judged = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert judged.returncode == 0, judged.stdout[-300:] + judged.stderr


def test_the_units_are_confined_alike() -> None:
    """What tests/install/package.booted sees one of them do holds for the other."""
    of_their_own = {"environment", "environmentfile", "execstart", "timeoutstopsec", "runtimedirectory"}
    whole, edge = (
        {name: value for name, value in unit(of)["Service"].items() if name not in of_their_own} for of in UNITS
    )
    assert whole == edge


def test_a_unit_starts_after_the_database_of_its_machine_but_does_not_need_it() -> None:
    found = unit("dialplane.service")["Unit"]
    assert "postgresql.service" in found["after"].split()
    assert not any("postgresql" in found.get(name, "") for name in ("requires", "wants", "bindsto"))


def test_a_stop_ends_before_systemd_loses_patience(tmp_path: Path) -> None:
    made = programs(tmp_path)

    def takes_s(*stages: Program) -> float:
        return sum(program.stop_s for program in stages)

    whole, edge = (float(unit(name)["Service"]["timeoutstopsec"]) for name in UNITS)
    assert takes_s(made.kamailio(), made.companion(), made.api()) < whole
    assert takes_s(made.kamailio(), made.companion()) < edge


def test_every_unit_is_tested() -> None:
    assert {path.name for path in DEPLOY.glob("*.service")} == set(UNITS)
