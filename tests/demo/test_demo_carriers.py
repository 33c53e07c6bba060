"""The demo's carriers keep their ports and do what their description says."""

import json
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from dialplane.demo.carriers import CARRIERS, DemoState, answering, command, load_state, save_state
from dialplane.system.datafolder import DataFolder
from dialplane_simulator.fleet import read_file


def test_ports_are_chosen_once_and_kept(tmp_path: Path) -> None:
    first = load_state(DataFolder(tmp_path))
    assert set(first.ports) == {carrier.key for carrier in CARRIERS}
    assert len(set(first.ports.values())) == len(CARRIERS)
    assert load_state(DataFolder(tmp_path)) == first


def test_a_port_that_is_taken_now_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    first = load_state(DataFolder(tmp_path))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", first.ports["alpha"]))
        second = load_state(DataFolder(tmp_path))
    assert second.ports["alpha"] != first.ports["alpha"]
    assert second.ports["bravo"] == first.ports["bravo"]
    assert load_state(DataFolder(tmp_path)) == second


def test_no_carrier_gets_a_port_that_is_reserved_nor_that_of_another(tmp_path: Path) -> None:
    first = load_state(DataFolder(tmp_path))
    second = load_state(DataFolder(tmp_path), reserved=first.ports.values())
    assert not set(first.ports.values()) & set(second.ports.values())
    assert len(set(second.ports.values())) == len(CARRIERS)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"ports": 3, "prepared": true}', '{"ports": {"alpha": 99999}}'])
def test_a_damaged_state_file_is_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "demo.json").write_text(content)
    assert load_state(DataFolder(tmp_path)).prepared is False
    assert json.loads((tmp_path / "demo.json").read_text())["prepared"] is False


def test_a_first_call_does_not_wait_for_a_carrier_that_is_switched_off(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.demo_switches.parent.mkdir(parents=True, exist_ok=True)
    folder.demo_switches.write_text(json.dumps({"bravo": "gone", "alpha": "silent"}))
    assert answering(folder, {"alpha": 1001, "bravo": 1002, "charlie": 1003}) == ["127.0.0.1:1001", "127.0.0.1:1003"]


def test_that_the_objects_were_made_is_remembered(tmp_path: Path) -> None:
    state = load_state(DataFolder(tmp_path))
    save_state(DataFolder(tmp_path), DemoState(ports=state.ports, prepared=True))
    assert load_state(DataFolder(tmp_path)).prepared is True


def test_the_ports_of_several_data_folders_differ_while_they_are_in_use(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = load_state(DataFolder(tmp_path / "a"))
    with ExitStack() as stack:
        for port in first.ports.values():
            stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)).bind(("127.0.0.1", port))
        second = load_state(DataFolder(tmp_path / "b"))
    assert not set(first.ports.values()) & set(second.ports.values())


def test_the_command_runs_the_carriers_as_described(tmp_path: Path) -> None:
    ports = load_state(DataFolder(tmp_path)).ports
    command(DataFolder(tmp_path), ports)
    specs = {spec.name: spec for spec in read_file(DataFolder(tmp_path).demo_carriers)}
    assert {name: spec.port for name, spec in specs.items()} == dict(ports)
    assert [step.status for step in specs["alpha"].plan.behaviour_for("+821012345678").steps] == [100, 503]
    assert [step.status for step in specs["bravo"].plan.behaviour_for("+821012345678").steps] == [100, 180, 200]
    assert [step.status for step in specs["bravo"].plan.behaviour_for("+821000000486").steps] == [100, 180, 486]
    assert [step.status for step in specs["alpha"].plan.behaviour_for("+33123456789").steps] == [100, 180, 200]
    assert specs["charlie"].plan.behaviour_for("+447700900123").steps == ()
