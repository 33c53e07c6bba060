"""One real API process for the tests of the client, and servers that misbehave to order."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dialplane.client import Client
from dialplane.client.retries import NO_RETRIES
from tests.ports import free_port
from tests.waiting import eventually

USERNAME = "admin@localhost"
PASSWORD = "a-password-for-tests"


@dataclass(frozen=True)
class Api:
    """A running API and the first administrator's login."""

    url: str
    username: str = USERNAME
    password: str = PASSWORD


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder: Path = tmp_path_factory.mktemp("api")
    port = free_port()
    environment = {
        **os.environ,
        "DIALPLANE_DATA": str(folder / "data"),
        "DIALPLANE_HTTP": f"127.0.0.1:{port}",
        "DIALPLANE_ADMIN_USERNAME": USERNAME,
        "DIALPLANE_ADMIN_PASSWORD": PASSWORD,
        "DIALPLANE_REFUSALS_AT_ONCE": "1000000",  # tests provoke hundreds of refusals by one caller
    }
    with (folder / "api.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dialplane.api"], env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        with Client(f"http://127.0.0.1:{port}", retries=NO_RETRIES) as client:
            eventually(client.ready, within_s=30, what="a ready API")
        yield Api(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


@pytest.fixture
def client(api: Api) -> Iterator[Client]:
    """Logged in as the administrator."""
    with Client(api.url) as client:
        client.login(api.username, api.password)
        yield client
