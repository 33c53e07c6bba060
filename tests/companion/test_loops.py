import asyncio
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialplane.companion.heartbeat import Heartbeats, LoopStalled
from tests.companion.companion_process import companion_process
from tests.companion.controlplane import ControlPlane, default_customer, running
from tests.ports import free_port
from tests.waiting import eventually


@pytest.fixture
def plane() -> Iterator[ControlPlane]:
    with running(ControlPlane()) as plane:
        plane.put(default_customer())
        yield plane


def loops(data: Path) -> dict[str, dict[str, object]]:
    """What the companion's status file says of its loops."""
    try:
        found: dict[str, dict[str, object]] = json.loads((data / "edge" / "companion.json").read_text())["loops"]
    except (OSError, ValueError):
        return {}
    return found


def test_every_loop_has_a_heartbeat_and_a_stop_is_clean(plane: ControlPlane, tmp_path: Path) -> None:
    with companion_process(plane, tmp_path) as companion:
        eventually(lambda: loops(tmp_path).keys() == {"feed", "events", "probes", "status", "check"})
        eventually(lambda: loops(tmp_path)["feed"].get("revision") == 1)
        companion.send_signal(signal.SIGTERM)
        assert companion.wait(10) == 0


def test_each_request_tells_the_clock_and_a_control_plane_that_heeds_it_not_goes_on(
    plane: ControlPlane, tmp_path: Path
) -> None:
    began = time.time_ns() // 1_000
    with companion_process(plane, tmp_path):
        eventually(lambda: {method for method, _ in plane.clocks} == {"GET", "POST"} and plane.events)
    for _, clock in plane.clocks:
        assert began <= int(clock or 0) <= time.time_ns() // 1_000
    (status, *_) = [event for event in plane.events if event["kind"] == "edge_status"]
    assert status["certificates"] == []


def test_a_loop_that_dies_takes_the_process_down(plane: ControlPlane, tmp_path: Path) -> None:
    with companion_process(plane, tmp_path) as companion:
        eventually(lambda: loops(tmp_path).keys() == {"feed", "events", "probes", "status", "check"})
        events = tmp_path / "edge" / "events"
        events.rename(tmp_path / "away")
        events.write_text("no folder any more")
        assert companion.wait(10) == 1
    assert "a loop of the companion died" in (tmp_path / "companion.log").read_text()


def test_a_companion_without_its_key_says_so(plane: ControlPlane, tmp_path: Path) -> None:
    with companion_process(plane, tmp_path, key=None) as companion:
        assert companion.wait(10) == 1
    assert "access key cannot be read" in (tmp_path / "companion.log").read_text()


def test_a_companion_whose_sip_address_is_none_names_that(
    plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALPLANE_SIP", "no-such-host.invalid:5060")
    with companion_process(plane, tmp_path) as companion:
        assert companion.wait(30) == 1
    said = (tmp_path / "companion.log").read_text()
    assert "SIP address no-such-host.invalid leads nowhere" in said
    assert "access key" not in said


@pytest.mark.parametrize("sip", ["[::1]:5060", "[::]:5060", "0.0.0.0:5060"])
def test_a_companion_runs_beside_an_edge_on_any_version_of_ip(
    plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sip: str
) -> None:
    monkeypatch.setenv("DIALPLANE_SIP", sip)
    with companion_process(plane, tmp_path) as companion:
        eventually(lambda: loops(tmp_path).get("feed", {}).get("connected") is True)
        assert companion.poll() is None


def test_a_companion_starts_before_its_control_plane(tmp_path: Path) -> None:
    port = free_port()
    plane = ControlPlane(url=f"http://127.0.0.1:{port}")
    plane.put(default_customer())
    with companion_process(plane, tmp_path) as companion:
        eventually(lambda: loops(tmp_path).get("feed", {}).get("connected") is False)
        with running(plane, port=port):
            eventually(lambda: loops(tmp_path)["feed"].get("connected") is True, within_s=20)
            assert companion.poll() is None


def test_a_stalled_loop_is_noticed(tmp_path: Path) -> None:
    heartbeats = Heartbeats(tmp_path / "companion.json", silence_limit_s=0.05)
    heartbeats.beat("feed")

    async def scenario() -> None:
        async with asyncio.timeout(5):
            await heartbeats.watch(every_s=0.02)

    with pytest.raises(LoopStalled, match="feed"):
        asyncio.run(scenario())


def test_a_full_disk_stops_no_loop(tmp_path: Path) -> None:
    heartbeats = Heartbeats(tmp_path / "no" / "such" / "folder" / "companion.json")
    heartbeats.beat("feed")

    async def scenario() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await heartbeats.watch(every_s=0.02)

    asyncio.run(scenario())
