"""Two API processes on one PostgreSQL go over to a newer version in the documented order, under writes."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.api.api_process import ApiProcess
from tests.api.serving import Callers, settings_for
from tests.databases import PASSWORD, USERNAME
from tests.newer import newer_version
from tests.postgresql import PostgresqlServer
from tests.waiting import eventually

LONGEST_GAP_S = 3.0
"""Between two writes that were carried out, on whichever node: on an idle machine it is some 20 ms."""


class Writer:
    """Creates customers without a pause, on the next node where one does not answer, as a reverse proxy does."""

    def __init__(self, http: httpx2.Client, token: str) -> None:
        self.nodes: list[str] = []
        self.made: list[str] = []
        self.refused: list[str] = []
        self.longest_gap_s = 0.0
        self._http = http
        self._token = token
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        last, turn = time.monotonic(), 0
        while not self._is_over.is_set():
            turn += 1
            node = self.nodes[turn % len(self.nodes)]
            headers = {"Authorization": f"Bearer {self._token}"}
            try:
                answer = self._http.post(f"{node}/v1.0/customers", json={"name": "x"}, headers=headers, timeout=10)
            except httpx2.TransportError:
                continue
            if answer.status_code == 200:
                self.made.append(answer.json()["id"])
                self.longest_gap_s = max(self.longest_gap_s, time.monotonic() - last)
                last = time.monotonic()
            else:
                self.refused.append(answer.text)


@pytest.fixture
def url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    yield postgresql_server.create("rolling_upgrade", template="prepared")
    postgresql_server.drop("rolling_upgrade")


@pytest.mark.system
def test_no_write_is_refused_while_one_node_after_the_other_is_upgraded(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    settings_for(data)
    newer = newer_version(tmp_path / "newer")
    nodes = [ApiProcess(data, tmp_path / f"older{n}", database_url=url) for n in range(2)]
    with httpx2.Client() as http:
        try:
            for node in nodes:
                node.start()
            writer = Writer(http, Callers(nodes[0].base_url, http).login(USERNAME, PASSWORD))
            writer.nodes = [node.base_url for node in nodes]
            writer.start()
            _write_some(writer)

            migrated = subprocess.run(
                [sys.executable, "-m", "dialplane.serve", "migrate"],
                env={**newer, "DIALPLANE_DATA": str(data), "DIALPLANE_DATABASE_URL": url},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert migrated.returncode == 0, migrated.stderr
            _write_some(writer)
            assert all(http.get(f"{node.base_url}/readyz").status_code == 200 for node in nodes)

            monkeypatch.setenv("PYTHONPATH", newer["PYTHONPATH"])
            for n in range(2):
                nodes[n].terminate()
                nodes[n] = ApiProcess(data, tmp_path / f"newer{n}", database_url=url)
                nodes[n].start()
                writer.nodes[n] = nodes[n].base_url
                _write_some(writer)
            writer.stop()

            assert writer.refused == []
            assert writer.longest_gap_s < LONGEST_GAP_S
            token = Callers(nodes[0].base_url, http).admin
            kept = [token.get(f"/v1.0/customers/{made}").status_code for made in writer.made]
            assert set(kept) == {200}
        finally:
            for node in nodes:
                node.kill()


def _write_some(writer: Writer) -> None:
    count = len(writer.made)
    eventually(lambda: len(writer.made) >= count + 20, within_s=20, what="20 more writes")
