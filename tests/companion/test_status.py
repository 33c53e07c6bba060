"""What the companion tells of its edge, with a real process in Kamailio's place where one must run."""

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from structlog.testing import capture_logs

from dialplane.companion import status
from dialplane.companion.certificates import ShownCertificates
from dialplane.companion.heartbeat import Heartbeats
from dialplane.companion.status import EdgeStatus, counters_of, kamailio_version, load_of
from dialplane.eventlog.writer import EventLog
from dialplane.system.datafolder import KamailioFolder
from dialplane.system.files import replace_file
from dialplane.system.process import process_of_pid_file
from tests.waiting import eventually_async


def told(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()]


@pytest.fixture
def events(tmp_path: Path) -> Path:
    folder = tmp_path / "events"
    folder.mkdir()
    return folder


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """Starts a process that the kernel knows as kamailio, and leaves its id where Kamailio does."""
    program = tmp_path / "kamailio"
    shutil.copy("/bin/sleep", program)
    running: list[subprocess.Popen[bytes]] = []

    def started() -> "subprocess.Popen[bytes]":
        running.append(subprocess.Popen([program, "60"]))
        (tmp_path / "kamailio.pid").write_text(f"{running[-1].pid}\n")
        return running[-1]

    yield started
    for process in running:
        process.kill()
        process.wait(5)


def run(status: EdgeStatus, scenario: Callable[[], Any]) -> None:
    async def both() -> None:
        running = asyncio.create_task(status.run())
        await scenario()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(both())


def status_of(tmp_path: Path, events: Path, **fields: Any) -> EdgeStatus:
    heartbeats = Heartbeats(tmp_path / "companion.json")
    writer = EventLog(events, edge="here")
    settings = {"damages": lambda: 0, **fields}
    return EdgeStatus(writer, kamailio=KamailioFolder(tmp_path), max_call_s=900, heartbeats=heartbeats, **settings)


def test_a_status_tells_what_runs_and_since_when(tmp_path: Path, events: Path, start: Callable[[], Any]) -> None:
    before = time.time_ns() // 1000
    start()

    async def scenario() -> None:
        await eventually_async(lambda: told(events))

    run(status_of(tmp_path, events), scenario)
    (event,) = told(events)
    assert (event["kind"], event["edge"], event["max_call_s"]) == ("edge_status", "here", 900)
    assert event["agent_version"]
    assert event["kamailio_version"] == kamailio_version()
    tick = 2_000_000 // os.sysconf("SC_CLK_TCK")
    assert before - tick <= event["kamailio_started"] <= event["at"] + tick


def test_a_status_has_the_certificates_that_the_edge_shows_and_those_of_the_next_file(
    tmp_path: Path, events: Path
) -> None:
    file = tmp_path / "shown.pem"

    async def scenario() -> None:
        await eventually_async(lambda: told(events))
        write_certificate(file, days=10)
        await eventually_async(lambda: told(events)[-1]["certificates"])
        write_certificate(file, days=20, again=True)
        await eventually_async(lambda: len(told(events)[-1]["certificates"]) == 2)

    run(status_of(tmp_path, events, every_s=0.05, certificates=ShownCertificates(file).held), scenario)
    assert told(events)[0]["certificates"] == []
    first, second = told(events)[-1]["certificates"]
    assert first["subject"] == second["subject"] == "CN=here"
    for one, days in ((first, 20), (second, 21)):
        assert abs(one["until"] / 1e6 - time.time() - days * 86_400) < 60


def test_a_file_that_holds_no_certificate_is_said_once_in_the_log_of_each_look(tmp_path: Path) -> None:
    (tmp_path / "shown.pem").write_text("no certificate")
    with capture_logs() as logs:
        assert ShownCertificates(tmp_path / "shown.pem").held() == ()
    assert [one["event"] for one in logs] == ["the edge's certificate cannot be read"]


def write_certificate(file: Path, *, days: int, again: bool = False) -> None:
    """A certificate of the name `here`, and behind it another one that holds a day longer."""
    pem = b""
    for n in range(1 + again):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        signed = builder.not_valid_after(now + timedelta(days=days + n)).sign(key, hashes.SHA256())
        pem += signed.public_bytes(Encoding.PEM)
    replace_file(file, pem)


def test_it_is_told_again_and_at_once_when_kamailio_is_started_anew_or_gone(
    tmp_path: Path, events: Path, start: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    async def scenario() -> None:
        await eventually_async(lambda: told(events))
        first = start()
        await eventually_async(lambda: told(events)[-1]["kamailio_started"])
        first.kill()
        first.wait(5)
        await eventually_async(lambda: told(events)[-1]["kamailio_started"] is None)
        start()
        await eventually_async(lambda: told(events)[-1]["kamailio_started"])

    run(status_of(tmp_path, events, every_s=3_600.0), scenario)
    starts = [event["kamailio_started"] for event in told(events)]
    assert [begin is None for begin in starts] == [True, False, True, False]
    assert starts[1] < starts[3]


def test_a_wall_clock_that_was_set_moves_the_start_with_it_so_that_no_call_began_before(
    tmp_path: Path, events: Path, start: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = time.time_ns
    start()

    async def scenario() -> None:
        await eventually_async(lambda: len(told(events)) >= 3)
        monkeypatch.setattr(time, "time_ns", lambda: wall() - 3_600_000_000_000)
        seen = len(told(events))
        await eventually_async(lambda: len(told(events)) >= seen + 3)

    run(status_of(tmp_path, events, every_s=0.05), scenario)
    set_back, before = sorted({event["kamailio_started"] for event in told(events)})
    assert abs(before - set_back - 3_600_000_000) < 1_000_000


def test_a_wall_clock_that_is_set_forward_looks_like_no_restart(
    tmp_path: Path, events: Path, start: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = time.time_ns
    start()

    async def scenario() -> None:
        await eventually_async(lambda: len(told(events)) >= 3)
        monkeypatch.setattr(time, "time_ns", lambda: wall() + 3_600_000_000_000)
        seen = len(told(events))
        await eventually_async(lambda: len(told(events)) >= seen + 3)

    run(status_of(tmp_path, events, every_s=0.05), scenario)
    assert len({event["kamailio_started"] for event in told(events)}) == 1


def test_calls_that_kamailio_was_too_busy_for_are_told_at_once(tmp_path: Path, events: Path) -> None:
    file = tmp_path / "load.json"

    async def scenario() -> None:
        await eventually_async(lambda: told(events))
        file.write_text('{"calls_shed": 7, "shed_percent": 90, "events_lost": 2}')
        await eventually_async(lambda: told(events)[-1].get("calls_shed") == 7)

    run(status_of(tmp_path, events, every_s=3_600.0), scenario)
    assert "calls_shed" not in told(events)[0]
    assert (told(events)[-1]["shed_percent"], told(events)[-1]["events_lost"]) == (90, 2)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"calls_shed": "many", "shed_percent": 1}'])
def test_a_load_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "load.json"
    assert load_of(file) == counters_of(file) == {}
    file.write_text(text)
    assert load_of(file) == counters_of(file) == {}


def test_whatever_else_kamailio_counts_is_told_with_the_damages_but_hurries_nobody(
    tmp_path: Path, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Path] = []

    def look(file: Path) -> dict[str, int]:
        looks.append(file)
        return load_of(file)

    monkeypatch.setattr(status, "load_of", look)
    monkeypatch.setattr(status, "LOOK_S", 0.05)
    file = tmp_path / "load.json"
    load = {"calls_shed": 0, "shed_percent": 0, "events_lost": 0}
    file.write_text(json.dumps({**load, "counters": {"strangers": 4}}))

    async def scenario() -> None:
        await eventually_async(lambda: told(events))
        file.write_text(json.dumps({**load, "counters": {"strangers": 5}}))
        looked = len(looks)
        await eventually_async(lambda: len(looks) >= looked + 3)
        file.write_text(json.dumps({**load, "calls_shed": 1, "counters": {"strangers": 6}}))
        await eventually_async(lambda: told(events)[-1]["calls_shed"] == 1)

    run(status_of(tmp_path, events, every_s=3_600.0, damages=lambda: 2), scenario)
    assert [event["counters"] for event in told(events)] == [
        {"strangers": 4, "replica_damages": 2},
        {"strangers": 6, "replica_damages": 2},
    ]


def test_it_is_told_again_and_again(tmp_path: Path, events: Path, start: Callable[[], Any]) -> None:
    start()

    async def scenario() -> None:
        await eventually_async(lambda: len(told(events)) >= 3)

    run(status_of(tmp_path, events, every_s=0.02), scenario)
    assert len({event["kamailio_started"] for event in told(events)}) == 1


@pytest.mark.parametrize("text", ["", "no number", "-5", "999999999"])
def test_a_process_id_that_leads_nowhere_is_no_kamailio(tmp_path: Path, text: str) -> None:
    file = tmp_path / "kamailio.pid"
    file.write_text(text)
    assert process_of_pid_file(file, program="kamailio") is None


def test_another_process_with_kamailios_former_id_is_no_kamailio(tmp_path: Path) -> None:
    file = tmp_path / "kamailio.pid"
    file.write_text(str(os.getpid()))
    assert process_of_pid_file(file, program="kamailio") is None
    assert process_of_pid_file(tmp_path / "absent", program="kamailio") is None


def test_a_full_disk_does_not_end_the_loop(tmp_path: Path, events: Path) -> None:
    events.rmdir()
    events.write_text("in the way")

    with capture_logs() as logs:

        async def scenario() -> None:
            await eventually_async(lambda: [entry for entry in logs if entry["event"] == "status not recorded"])
            await asyncio.to_thread(events.unlink)
            await eventually_async(lambda: told(events))

        run(status_of(tmp_path, events, every_s=0.02), scenario)
    assert told(events)
