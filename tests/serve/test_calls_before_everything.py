"""A start on a good table takes calls within seconds, whatever is gone, and the API comes by itself once it is back."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from psycopg import sql

from dialplane.client import ApiError, Client
from dialplane.demo.calling import DemoFailed, place_call, wait_until_answering
from tests.ports import free_port
from tests.postgresql import PostgresqlServer
from tests.serve.carriers import Carriers, live_carriers
from tests.serve.instance import Instance, kill_all, launch, serving
from tests.serve.live import NUMBER, LiveCustomer
from tests.smalldisk import fill, small_disk
from tests.waiting import eventually

pytestmark = pytest.mark.alone

DECIDED_WITHIN_S = 3.0
"""On a machine that is not busy otherwise; longer by as much as its processors have more to do than they can."""

HEALED_WITHIN_S = 40.0
DISK_MB = 32


@pytest.fixture(scope="module")
def carriers() -> Iterator[Carriers]:
    with live_carriers() as carriers:
        yield carriers


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, carriers: Carriers) -> Path:
    """The data folder of a stopped instance whose edge has a table: a call is answered by a carrier."""
    data = tmp_path_factory.mktemp("prepared") / "data"
    with serving(data) as instance:
        with instance.client() as client:
            hostname = carriers.open().hostname
            client.providers.create(type="sip", hostname=hostname, username="me", password="s3cret")
            LiveCustomer(client, hostname).await_table(instance)
        assert instance.stop() == 0
    return data


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to spoil."""
    return Path(shutil.copytree(prepared, tmp_path / "data", symlinks=True))


@contextmanager
def taking_calls(data: Path, *, output: Path, database_url: str = "", sip: str = "") -> Iterator[tuple[Instance, str]]:
    """An instance that was just launched, and its API's socket: a call is answered in time. In the end all works."""
    sip, http = sip or f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    instance = launch(
        data, "--http", http, "--sip", sip, environment={"DIALPLANE_DATABASE_URL": database_url}, output=output
    )
    try:
        eventually(lambda: is_answered(sip), within_s=DECIDED_WITHIN_S * busy(), what="an answered call")
        yield instance, http
        eventually(lambda: is_ready(http), within_s=HEALED_WITHIN_S, what="the API")
        eventually(instance.follows, within_s=HEALED_WITHIN_S, what="the companion following")
        eventually(lambda: "Started" in instance.said())
        assert "Traceback" not in instance.said()
        eventually((data / "running.json").exists, within_s=HEALED_WITHIN_S, what="the instance announced")
        assert instance.running()["sip"] == sip
        assert instance.stop() == 0
    except AssertionError as error:
        error.add_note(f"It printed:\n{instance.said()}")
        raise
    finally:
        kill_all(data)
        instance.process.wait(5)


def busy() -> float:
    """How many programs want each processor, over the last minute; 1 at least."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@contextmanager
def started(data: Path, *, output: Path, database_url: str = "", sip: str = "") -> Iterator[Instance]:
    """The same without an API, until the end."""
    with taking_calls(data, output=output, database_url=database_url, sip=sip) as (instance, http):
        eventually(lambda: "The API is not there." in instance.said(), what="a line why the API is not there")
        assert not is_ready(http)
        yield instance
    assert instance.said().count("The API is not there.") == 1


def is_answered(sip: str) -> bool:
    """Whether a call is answered by the carrier; False as long as nobody listens."""
    with suppress(DemoFailed):
        wait_until_answering(sip, deadline_s=0.1)
        return place_call(sip, NUMBER, talk_s=0.0).status == 200
    return False


def is_ready(http: str) -> bool:
    with Client(f"http://{http}", timeout_s=2.0) as client, suppress(ApiError, OSError):
        return client.ready()
    return False


def readiness(http: str) -> str:
    """What the API says of itself; "" if it is not there."""
    with Client(f"http://{http}", timeout_s=2.0) as client, suppress(ApiError, OSError):
        return client.readyz()["status"]
    return ""


def reason(instance: Instance) -> str:
    """The line that says why the API is not there."""
    [line] = [line for line in instance.said().splitlines() if line.startswith("The API is not there.")]
    return line


def test_the_database_is_down(data: Path, tmp_path: Path, postgresql_server: PostgresqlServer) -> None:
    url = postgresql_server.create("calls_first", template="migrated")
    refuse = sql.SQL("ALTER DATABASE calls_first ALLOW_CONNECTIONS {}")
    postgresql_server.execute(refuse.format(sql.SQL("false")))
    try:
        with started(data, output=tmp_path / "out", database_url=url) as instance:
            assert "The database cannot be used: " in reason(instance)
            postgresql_server.execute(refuse.format(sql.SQL("true")))
    finally:
        postgresql_server.drop("calls_first")


def test_the_disk_is_full(prepared: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size_mb=DISK_MB) as disk:
        data, filler = disk / "data", disk / "filler"
        shutil.copytree(prepared, data, symlinks=True)
        sip = f"127.0.0.1:{free_port()}"
        with serving(data, sip=sip) as instance:  # so that its configuration has the paths of this folder
            assert instance.stop() == 0
        fill(filler, leave=0)
        with started(data, output=tmp_path / "out", sip=sip) as instance:
            assert f"The disk of {data} is full." in reason(instance)
            filler.unlink()


def test_the_schema_is_newer(data: Path, tmp_path: Path) -> None:
    database = data / "dialplane.db"
    ours = set_schema(database, "9999")
    with started(data, output=tmp_path / "out") as instance:
        assert f"has schema 9999, this version needs {ours}: it was made by a newer version" in reason(instance)
        set_schema(database, ours)


def set_schema(database: Path, version: str) -> str:
    """Set the version of the database's schema; the one before."""
    with closing(sqlite3.connect(database)) as connection, connection:
        [(before,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        connection.execute("UPDATE alembic_version SET version_num = ?", [version])
    return str(before)


def test_the_secrets_are_gone(data: Path, tmp_path: Path) -> None:
    (data / "secrets").rename(tmp_path / "copy")
    with taking_calls(data, output=tmp_path / "out") as (instance, http):
        eventually(lambda: readiness(http) == "degraded", within_s=HEALED_WITHIN_S, what="a degraded API")
        assert instance.said().count("1 of 1 stored passwords cannot be decrypted") == 1
        assert "The API is not there." not in instance.said()
        assert not (data / "secrets" / "box-keys").exists()
        assert is_answered(instance.running()["sip"])
        shutil.copytree(tmp_path / "copy", data / "secrets", dirs_exist_ok=True)
        eventually(lambda: readiness(http) == "ready", within_s=HEALED_WITHIN_S, what="an API with its keys")
