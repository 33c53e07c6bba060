import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialplane.client import Client
from dialplane.serve.supervisor import LARGEST_LOG
from tests.serve.instance import Instance, kill_all, launch, of_folder, open_to_others, serving
from tests.waiting import eventually

SLOW_MACHINE_S = 1.0  # what other tests on the same cores may take away
PARTS = {"api": "dialplane.api", "companion": "dialplane.companion", "kamailio": "kamailio.cfg"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance for the tests that leave it as they found it."""
    with serving(tmp_path_factory.mktemp("shared") / "data") as instance:
        assert answers_sip(instance)
        yield instance


def is_gone(pid: int) -> bool:
    try:
        return "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True


def answers_sip(instance: Instance, *, within_s: float = 10.0) -> bool:
    """Whether the edge answers an OPTIONS with anything at all."""
    host, _, port = instance.running()["sip"].rpartition(":")

    def answered() -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.settimeout(0.2)
            phone.connect((host, int(port)))
            local = "{}:{}".format(*phone.getsockname())
            phone.send(
                (
                    f"OPTIONS sip:{host}:{port} SIP/2.0\r\n"
                    f"Via: SIP/2.0/UDP {local};branch=z9hG4bK{os.urandom(6).hex()}\r\n"
                    f"From: <sip:t@{local}>;tag=1\r\nTo: <sip:{host}>\r\nCall-ID: {os.urandom(6).hex()}\r\n"
                    "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
                ).encode()
            )
            try:
                return phone.recv(4096).startswith(b"SIP/2.0 ")
            except OSError:
                return False

    return eventually(answered, within_s=within_s, what="an answer to OPTIONS")


def test_a_first_start_serves_and_tells_the_login_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as instance:
        said = instance.said()
        password = said.split("Password")[1].split()[0]
        with Client(instance.running()["control_url"]) as client:
            client.login("admin@localhost", password)
            assert client.me()["username"] == "admin@localhost"
        assert answers_sip(instance)
        assert instance.stop() == 0
    assert not (data / "running.json").exists()

    with serving(data) as again:
        assert "Password" not in again.said()
        with Client(again.running()["control_url"]) as client:
            client.login("admin@localhost", password)


def test_the_first_administrator_can_be_set_and_is_not_printed(tmp_path: Path) -> None:
    environment = {"DIALPLANE_ADMIN_USERNAME": "root@example.com", "DIALPLANE_ADMIN_PASSWORD": "a-long-secret-1"}
    with serving(tmp_path / "data", environment=environment) as instance:
        assert "a-long-secret-1" not in instance.said()
        with Client(instance.running()["control_url"]) as client:
            client.login("root@example.com", "a-long-secret-1")
        for pid in instance.pids("dialplane.api") + instance.pids("dialplane.companion"):
            assert b"a-long-secret-1" not in Path(f"/proc/{pid}/environ").read_bytes()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_leaves_no_process_and_no_socket_behind(tmp_path: Path, number: signal.Signals) -> None:
    data = tmp_path / "data"
    with serving(data) as instance:
        sip_port = int(instance.running()["sip"].rpartition(":")[2])
        assert answers_sip(instance)
        assert instance.stop(number) == 0
        assert of_folder(data) == []
        assert "Stopped." in instance.said()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
            trial.bind(("127.0.0.1", sip_port))


def test_whatever_is_killed_comes_back(shared: Instance) -> None:
    assert answers_sip(shared)
    for name, part in PARTS.items():
        before = shared.main_pid(part)
        os.kill(before, signal.SIGKILL)
        eventually(lambda: is_gone(before), what=f"the end of {name}")
        assert shared.main_pid(part) != before
        eventually(lambda: f"{name} ended (killed by SIGKILL)" in shared.said())
    assert answers_sip(shared)
    with shared.client() as client:
        eventually(client.ready, within_s=20)
        assert client.me()


def test_a_large_log_is_set_aside_while_its_process_goes_on(shared: Instance) -> None:
    log = shared.data / "logs" / "api.log"
    with log.open("ab") as file:
        file.truncate(LARGEST_LOG + 1)
    eventually(log.with_suffix(".log.1").exists, within_s=20, what="the old log beside it")
    eventually(lambda: log.stat().st_size < LARGEST_LOG)
    with shared.client() as client:
        assert client.me()
    eventually(lambda: b'"path":"/v1.0/me"' in log.read_bytes(), what="what the process wrote afterwards")


@pytest.mark.alone
@pytest.mark.parametrize("which", ["main", "worker"])
def test_killed_kamailio_serves_again_within_a_second(shared: Instance, which: str) -> None:
    assert answers_sip(shared)
    main = shared.main_pid(PARTS["kamailio"])
    before = shared.pids(PARTS["kamailio"])
    victim = main if which == "main" else next(pid for pid in before if pid != main)
    os.kill(victim, signal.SIGKILL)
    began = time.monotonic()
    eventually(lambda: all(map(is_gone, before)), what="the end of the whole group")
    assert answers_sip(shared)
    assert time.monotonic() - began < 1.0 + SLOW_MACHINE_S


def test_children_die_with_a_killed_supervisor_and_the_next_start_works_on_the_same_ports(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as instance:
        assert answers_sip(instance)
        where = instance.running()["sip"]
        instance.process.kill()
        instance.process.wait(5)
        eventually(lambda: of_folder(data) == [], within_s=10, what="the end of all children")
    with serving(data, sip=where) as again:
        assert answers_sip(again)


def test_no_worker_outlives_kamailios_main_process_even_with_nobody_to_clear_it_away(shared: Instance) -> None:
    main = shared.main_pid(PARTS["kamailio"])
    assert answers_sip(shared)
    os.kill(shared.process.pid, signal.SIGSTOP)
    try:
        os.kill(main, signal.SIGKILL)
        eventually(lambda: [pid for pid in shared.pids(PARTS["kamailio"]) if pid != main] == [])
    finally:
        os.kill(shared.process.pid, signal.SIGCONT)
    assert answers_sip(shared)


def test_a_folder_that_was_open_to_other_users_is_taken_from_them_with_all_in_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    data.chmod(0o755)
    before = os.umask(0)
    try:
        with serving(data) as first:
            assert "Other users could read the data folder" in first.said()
            eventually(first.follows)
            assert open_to_others(data) == []
        with serving(data) as second:
            assert "Other users" not in second.said()
    finally:
        os.umask(before)


def test_a_start_without_the_secrets_says_so_and_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as first, first.client() as client:
        client.providers.create(type="sip", hostname="a.example", username="me", password="s3cret")
    (data / "secrets").rename(tmp_path / "elsewhere")
    with serving(data) as second, second.client() as client:
        assert "1 of 1 stored passwords cannot be decrypted" in second.said()
        assert not (data / "secrets" / "box-keys").exists()
        assert [provider["hostname"] for provider in client.providers.all()] == ["a.example"]
        eventually(second.follows)


def test_a_second_instance_on_the_same_folder_is_refused_with_a_clear_sentence(shared: Instance) -> None:
    second = launch(shared.data, "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0")

    assert second.process.wait(30) == 1
    assert f"in use by another Dialplane (process {shared.process.pid})" in second.said()
    assert "--data" in second.said()
    assert "Traceback" not in second.said()
    assert shared.running()["pid"] == shared.process.pid


def test_a_taken_port_is_one_clear_sentence_with_the_fix(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for flag, other in (("--http", "--sip"), ("--sip", "--http")):
            data = tmp_path / flag
            refused = launch(data, flag, f"127.0.0.1:{port}", other, "127.0.0.1:0")
            assert refused.process.wait(30) == 1
            lines = refused.said().splitlines()
            assert lines[0] == f"Dialplane does not start. Another program already uses 127.0.0.1:{port}."
            assert lines[1].startswith(f"Choose another with {flag} 127.0.0.1:")
            assert len(lines) == 2
            kill_all(data)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--http", "8080"), "DIALPLANE_HTTP must be HOST:PORT"),
        (("--http", "203.0.113.1:8080"), "It is not possible to listen on 203.0.113.1:8080"),
        (("--sip", "no.such.host.invalid:5060"), "It is not possible to listen on no.such.host.invalid:5060"),
    ],
)
def test_a_wrong_setting_is_one_clear_sentence(tmp_path: Path, arguments: tuple[str, str], words: str) -> None:
    refused = launch(tmp_path / "data", *arguments)

    assert refused.process.wait(30) == 1
    assert words in refused.said()
    assert "Traceback" not in refused.said()


def test_a_folder_that_cannot_be_used_is_one_clear_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    refused = launch(file / "data", output=tmp_path / "out")

    assert refused.process.wait(30) == 1
    assert "cannot be used" in refused.said()
    assert "Traceback" not in refused.said()


def test_a_database_that_is_none_is_one_clear_sentence(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "dialplane.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
    refused = launch(data, "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0")

    assert refused.process.wait(30) == 1
    assert "The database cannot be used: file is not a database" in refused.said()
    assert "Traceback" not in refused.said()


def test_without_kamailio_the_control_plane_runs_and_says_what_to_install(tmp_path: Path) -> None:
    hiding = (
        "import sys; import dialplane.kamailio.command as kamailio; from dialplane.serve.__main__ import main;"
        "kamailio.missing = lambda: ('the program kamailio',); sys.exit(main([]))"
    )
    data = tmp_path / "data"
    with serving(data, program=(sys.executable, "-c", hiding)) as instance:
        line = next(line for line in instance.said().splitlines() if "missing" in line)
        assert line.startswith(
            "No calls are taken: the program kamailio is missing. To install it: env RUNLEVEL=1 apt-get install"
        )
        assert not [line for line in instance.said().splitlines() if line.startswith("SIP") or "call" in line.split()]
        with instance.client() as client:
            assert client.me()
        assert instance.pids("kamailio.cfg") == []
        assert instance.stop() == 0


def test_as_the_first_process_of_a_container_it_leaves_no_dead_worker_behind(tmp_path: Path) -> None:
    """Orphans become its children, as those of a container become PID 1's."""
    as_first = (
        "import ctypes, sys; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0);"  # PR_SET_CHILD_SUBREAPER of linux/prctl.h
        "from dialplane.serve.__main__ import main; sys.exit(main([]))"
    )
    with serving(tmp_path / "data", program=(sys.executable, "-c", as_first)) as instance:
        main = instance.main_pid(PARTS["kamailio"])
        workers = [pid for pid in instance.pids(PARTS["kamailio"]) if pid != main]
        assert workers
        os.kill(main, signal.SIGKILL)
        eventually(
            lambda: not any(Path(f"/proc/{pid}").exists() for pid in (main, *workers)),
            within_s=20,
            what="the workers' end, without zombies",
        )
        assert instance.main_pid(PARTS["kamailio"]) != main


def test_a_deleted_key_of_the_machine_is_made_anew_at_the_next_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as instance:
        with instance.client() as client:
            keys = list(client.accesskeys.all())
            for key in sorted(keys, key=lambda key: key["name"].startswith("command line")):
                client.accesskeys.delete(key["id"])
        assert instance.stop(signal.SIGHUP) == 0  # a stop in order, as docs/operations.md says
    with serving(data) as again, again.client() as client:
        assert client.me()
        eventually(again.follows, within_s=20, what="the companion following with its new key")
