import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import httpx2
import jwt
import pytest

from dialplane.client import Client
from dialplane.demo.calling import place_call, wait_until_answering
from tests.ports import free_port
from tests.serve.instance import Instance, of_folder, open_to_others, serving
from tests.smalldisk import fill, small_disk
from tests.waiting import eventually

NUMBER = "+821021656521"


def dialplane(*arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("dialplane")), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "COLUMNS": "120", "TERM": "dumb", **(environment or {})},
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A Dialplane with its demo, past the first call."""
    with serving(tmp_path_factory.mktemp("demo") / "data", "--demo") as instance:
        eventually(lambda: "Stop with Ctrl-C" in instance.said(), within_s=60, what="the end of the demo")
        assert "did not work" not in instance.said(), instance.said()
        yield instance


def test_version_is_one_line() -> None:
    assert re.fullmatch(r"dialplane [0-9.]+\n", dialplane("version").stdout)


def test_help_names_every_verb_and_every_flag_with_its_setting() -> None:
    verbs = dialplane("--help").stdout
    assert all(verb in verbs for verb in ("serve", "edge", "migrate", "backup", "restore", "call", "version"))
    assert "rotate-session-keys" in verbs
    flags = dialplane("serve", "--help").stdout
    for flag in ("--data", "--http", "--sip", "--demo"):
        assert flag in flags
        assert f"DIALPLANE_{flag.removeprefix('--').upper()}" in flags


def test_settings_are_printed_with_their_sources_and_without_passwords(tmp_path: Path) -> None:
    config = tmp_path / "dialplane.toml"
    config.write_text('max_attempts = 7\ndatabase_url = "postgresql://user:hunter2@host/name"\n')
    printed = dialplane("settings", "--config", str(config), environment={"DIALPLANE_EDGE_NAME": "edge-7"})
    assert printed.returncode == 0, printed.stderr
    assert set(printed.stdout.splitlines()) > {
        f"DIALPLANE_MAX_ATTEMPTS=7  # {config}",
        f"DIALPLANE_DATABASE_URL=postgresql://user:***@host/name  # {config}",
        "DIALPLANE_EDGE_NAME=edge-7  # environment",
        "DIALPLANE_HTTP=127.0.0.1:8080  # default",
    }
    assert "hunter2" not in printed.stdout


def test_a_setting_that_is_none_starts_nothing(tmp_path: Path) -> None:
    refused = dialplane("serve", "--data", str(tmp_path / "data"), environment={"DIALPLANE_DATABSE_URL": "x"})
    assert refused.returncode == 1
    assert refused.stdout == "DIALPLANE_DATABSE_URL is no setting: did you mean DIALPLANE_DATABASE_URL?\n"
    assert not (tmp_path / "data").exists()


def test_the_demo_prints_a_call_that_fails_over_and_what_to_do_next(demo: Instance) -> None:
    said = demo.said()
    attempts = [line for line in said.splitlines() if "Attempt " in line]

    assert ["Alpha" in attempts[0], "Bravo" in attempts[1], len(attempts)] == [True, True, 2]
    assert "503 Service Unavailable" in said
    assert "Answered by Bravo" in said
    assert demo.running()["control_url"] + "/docs" in said


def test_a_call_is_placed_through_the_running_demo_and_told(demo: Instance) -> None:
    placed = dialplane("call", NUMBER, "--data", str(demo.data))

    assert placed.returncode == 0, placed.stderr
    assert "Answered by Bravo" in placed.stdout
    with demo.client() as client:
        assert len(list(client.calls.all(number=NUMBER))) >= 2


def test_a_terminal_that_knows_ascii_alone_shows_the_call_all_the_same(demo: Instance) -> None:
    ascii_alone = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    placed = dialplane("call", NUMBER, "--data", str(demo.data), environment=ascii_alone)

    assert placed.returncode == 0, placed.stderr
    assert "Answered by Bravo" in placed.stdout
    assert placed.stdout.isascii()


def test_the_command_that_the_demo_suggests_works_as_it_stands(demo: Instance) -> None:
    line = next(line for line in demo.said().splitlines() if "call" in line and "+821000000486" in line)
    command = line.split("   ")[0].strip()

    placed = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, check=False)

    assert placed.returncode == 0, placed.stderr
    assert "no other is asked" in placed.stdout


def test_what_is_not_a_number_is_told_as_refused(demo: Instance) -> None:
    placed = dialplane("call", "hello", "--data", str(demo.data))

    assert placed.returncode == 0, placed.stderr
    assert "484" in placed.stdout


def test_a_call_without_a_running_dialplane_says_how_to_start_one(tmp_path: Path) -> None:
    refused = dialplane("call", NUMBER, "--data", str(tmp_path))

    assert refused.returncode == 1
    assert "dialplane serve --demo" in refused.stdout + refused.stderr
    assert "Traceback" not in refused.stdout + refused.stderr


def test_a_call_is_placed_and_its_answer_said_while_the_api_is_down(demo: Instance, tmp_path: Path) -> None:
    nowhere = {**demo.running(), "control_url": f"http://127.0.0.1:{free_port()}"}
    (tmp_path / "running.json").write_text(json.dumps(nowhere))
    shutil.copytree(demo.data / "secrets", tmp_path / "secrets")
    placed = dialplane("call", NUMBER, "--data", str(tmp_path))

    assert placed.returncode == 0, placed.stdout + placed.stderr
    assert placed.stdout.startswith("The call got 200 OK; its record cannot be read: UNREACHABLE:")


def test_migrate_makes_the_schema_and_may_be_repeated(tmp_path: Path) -> None:
    for _ in range(2):
        done = dialplane("migrate", "--data", str(tmp_path / "data"))
        assert (done.returncode, done.stdout) == (0, "The database has the present schema.\n")
    assert (tmp_path / "data" / "dialplane.db").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--control URL"),
        (("--control", "http://127.0.0.1:1"), "--key-file FILE"),
        (("--control", "http://127.0.0.1:1", "--key-file", "/no/such/file"), "--key-file FILE"),
    ],
)
def test_an_edge_says_what_it_needs(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    refused = dialplane("edge", "--data", str(tmp_path / "edge"), *arguments)

    assert refused.returncode == 1
    assert words in refused.stdout


def test_a_second_edge_follows_the_control_plane_and_routes_calls_by_itself(demo: Instance, tmp_path: Path) -> None:
    with demo.client() as client:
        key = client.accesskeys.create(name="edge two", expire=86_400, role="edge")
    key_file = tmp_path / "edge.key"
    key_file.write_text(key["token"] + "\n")
    verb = ("edge", "--control", demo.running()["control_url"], "--key-file", str(key_file))
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o755)
    with serving(data, verb=verb, environment={"DIALPLANE_EDGE_NAME": "two"}) as edge:
        eventually(edge.follows, within_s=20)
        assert open_to_others(data) == []
        placed = place_through(edge)
        assert placed == 200
        with Client(demo.running()["control_url"], token=operator_key(demo)) as client:
            eventually(lambda: [c for c in client.calls.all() if c["edge"] == "two" and c["status"] == "hangup"])
        assert not (data / "dialplane.db").exists()
        by_command = dialplane("call", NUMBER, "--data", str(data))
        assert by_command.returncode == 0
        assert by_command.stdout == f"The call got 200 OK; its record goes to {demo.running()['control_url']}\n"
        assert edge.stop() == 0
        assert of_folder(data) == []


def place_through(edge: Instance) -> int | None:
    """The final status of a call through this edge."""
    where = edge.running()["sip"]
    wait_until_answering(where)
    return place_call(where, NUMBER, talk_s=0.1).status


def operator_key(instance: Instance) -> str:
    return (instance.data / "secrets" / "operator.key").read_text().strip()


def test_a_backup_of_a_running_service_brings_its_objects_back_under_another_epoch(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "backup.db"
    with serving(data) as instance, instance.client() as client:
        kept = client.providers.create(type="sip", hostname="kept.example")
        taken = dialplane("backup", str(file), "--data", str(data))
        assert (taken.returncode, file.exists()) == (0, True), taken.stdout
        lost = client.providers.create(type="sip", hostname="lost.example")
        refused = dialplane("restore", str(file), "--data", str(data))
        assert refused.returncode == 1
        assert "in use by another Dialplane" in refused.stdout
    restored = dialplane("restore", str(file), "--data", str(data))
    assert restored.returncode == 0, restored.stdout
    with serving(data) as instance, instance.client() as client:
        ids = {provider["id"] for provider in client.providers.all()}
        assert kept["id"] in ids
        assert lost["id"] not in ids


def test_what_is_no_backup_is_refused_and_nothing_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a database")
    for verb in ("backup", "restore"):
        refused = dialplane(verb, str(file), "--data", str(tmp_path / "data"))
        assert refused.returncode == 1
        assert "No backup was made" in refused.stdout or "Nothing was restored" in refused.stdout
        assert "does not start" not in refused.stdout
        assert "Traceback" not in refused.stdout + refused.stderr
    absent = dialplane("backup", str(tmp_path / "absent" / "file"), "--data", str(tmp_path / "data"))
    assert (absent.returncode, "Traceback" in absent.stdout + absent.stderr) == (1, False)
    assert "there is no folder" in absent.stdout
    assert file.read_text() == "not a database"


def test_a_rotated_session_key_is_taken_over_by_the_running_service_and_logs_nobody_out(tmp_path: Path) -> None:
    def login() -> tuple[str, str]:
        body = {"username": "admin@localhost", "password": "a long enough one"}
        token = httpx2.post(f"{instance.running()['control_url']}/auth/login", json=body).json()["token"]
        return token, jwt.get_unverified_header(token)["kid"]

    def is_accepted(token: str) -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx2.get(f"{instance.running()['control_url']}/v1.0/me", headers=headers).status_code == 200

    data = tmp_path / "data"
    with serving(data, environment={"DIALPLANE_ADMIN_PASSWORD": "a long enough one"}) as instance:
        before, first_key = login()
        rotated = dialplane("rotate-session-keys", "--data", str(data))
        assert rotated.returncode == 0, rotated.stdout
        assert is_accepted(before)
        after, second_key = login()
        assert int(second_key) == int(first_key) + 1
        assert is_accepted(after)
        assert is_accepted(before)


def test_there_is_nothing_to_rotate_in_a_folder_without_keys(tmp_path: Path) -> None:
    refused = dialplane("rotate-session-keys", "--data", str(tmp_path / "elsewhere"))
    assert refused.returncode == 1
    assert "no session keys" in refused.stdout
    assert not (tmp_path / "elsewhere").exists()


def test_a_call_that_belongs_to_no_trunk_tells_its_answer(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as instance:
        eventually(instance.follows, within_s=20, what="the edge's table")
        refused = dialplane("call", NUMBER, "--data", str(instance.data))
    assert refused.returncode == 1
    assert "the call got 403" in refused.stdout
    assert "no customer's trunk" in refused.stdout


def test_a_schema_of_a_newer_version_is_one_sentence(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert dialplane("migrate", "--data", str(data)).returncode == 0
    with closing(sqlite3.connect(data / "dialplane.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for verb in (("migrate",), ("serve", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0")):
        refused = dialplane(*verb, "--data", str(data))
        assert refused.returncode == 1
        assert "it was made by a newer version of Dialplane" in refused.stdout
        assert "Traceback" not in refused.stdout + refused.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can restore for another user")
def test_what_root_restores_or_migrates_is_the_folder_owners(open_folder: Path) -> None:
    source, file, data = open_folder / "source", open_folder / "backup.db", open_folder / "data"
    assert dialplane("migrate", "--data", str(source)).returncode == 0
    assert dialplane("backup", str(file), "--data", str(source)).returncode == 0
    for verb in (("restore", str(file)), ("migrate",)):
        data.mkdir(mode=0o700)
        os.chown(data, 4321, 4322)
        done = dialplane(*verb, "--data", str(data))
        assert done.returncode == 0, done.stdout + done.stderr
        assert (data / "dialplane.db").exists()
        assert {(path.stat().st_uid, path.stat().st_gid) for path in data.rglob("*")} == {(4321, 4322)}
        shutil.rmtree(data)


def test_a_backup_onto_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    assert dialplane("migrate", "--data", str(tmp_path / "data")).returncode == 0
    with small_disk(tmp_path / "disk", size_mb=1) as disk:
        fill(disk / "filler", leave=0)
        refused = dialplane("backup", str(disk / "backup.db"), "--data", str(tmp_path / "data"))
        assert refused.returncode == 1
        assert "No backup was made" in refused.stdout
        assert "Traceback" not in refused.stdout + refused.stderr
        assert [path.name for path in disk.iterdir()] == ["filler"]
