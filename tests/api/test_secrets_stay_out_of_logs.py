"""A planted secret is looked for in every line that the API process prints and every file that it writes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.databases import PASSWORD, USERNAME
from tests.waiting import eventually

CANARY = "Canary-Zq81-secret"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[str, Path, subprocess.Popen[bytes]]]:
    """`python -m dialplane.api` with its output in a file: base URL, file, process."""
    output = tmp_path / "output"
    environment = {
        **os.environ,
        "DIALPLANE_DATA": str(tmp_path / "data"),
        "DIALPLANE_HTTP": "127.0.0.1:0",
        "DIALPLANE_ADMIN_USERNAME": USERNAME,
        "DIALPLANE_ADMIN_PASSWORD": PASSWORD,
        "DIALPLANE_LOG_LEVEL": "debug",
    }
    with output.open("wb") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "dialplane.api"], stdout=out, stderr=subprocess.STDOUT, env=environment
        )
    try:
        yield eventually(lambda: _address(output), within_s=30), output, running
    finally:
        running.terminate()
        running.wait(timeout=30)


def _address(output: Path) -> str:
    """The base URL that the process told, or "" before it did."""
    for line in output.read_text().splitlines():
        if "Uvicorn running on " in line:
            told: str = json.loads(line)["event"]
            return told.split()[3]
    return ""


def test_no_secret_reaches_a_log(process: tuple[str, Path, subprocess.Popen[bytes]], tmp_path: Path) -> None:
    url, output, running = process
    with httpx2.Client(base_url=url) as http:
        token = http.post("/auth/login", json={"username": USERNAME, "password": PASSWORD}).json()["token"]
        for path in ("/v1.0/routes", "/v1.0/me", "/nothing", "/healthz", "/metrics", "/v1.0/routes/x"):
            http.get(path, params={"token": CANARY, "accesskey": CANARY})
            http.get(path, params={"token": token})
            http.get(path, headers={"Authorization": f"Bearer {CANARY}"})
        http.post("/auth/login", json={"username": USERNAME, "password": CANARY})
        http.post("/auth/login", json={"username": CANARY, "password": "x"}, params={"token": CANARY})
        key = http.post("/v1.0/accesskeys", params={"token": token}, json={"expire": 86_400}).json()["token"]
        http.get("/v1.0/routes", params={"accesskey": key})
        http.post(
            "/v1.0/providers",
            params={"accesskey": key},
            json={"type": "sip", "hostname": "a.example", "username": "u", "password": CANARY},
        )
        http.post("/v1.0/trunks", params={"accesskey": key}, json={"auth_types": ["x"], "password": CANARY})
        http.get(f"/v1.0/me?token={CANARY}%ff")
        http.request("BREW", f"/v1.0/me?token={CANARY}")
    running.terminate()
    running.wait(timeout=30)
    told = output.read_text()
    assert '"path":"/v1.0/me"' in told
    for secret in (CANARY, token, key, PASSWORD):
        assert secret not in told
        for file in (tmp_path / "data").rglob("*"):
            assert file.is_dir() or secret.encode() not in file.read_bytes()


def test_every_line_is_json_and_every_request_has_its_id(
    process: tuple[str, Path, subprocess.Popen[bytes]],
) -> None:
    url, output, running = process
    answers = [httpx2.get(url + path) for path in ("/healthz", "/v1.0/me", "/nothing")]
    running.terminate()
    running.wait(timeout=30)
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    told = {line["request_id"]: line for line in lines if line["event"] == "request"}
    for answer in answers:
        line = told[answer.headers["x-request-id"]]
        assert line["status"] == answer.status_code
        assert "?" not in line["path"]


def test_the_secrets_folder_is_only_for_its_owner(process: tuple[str, Path, subprocess.Popen[bytes]]) -> None:
    folder = process[1].parent / "data" / "secrets"
    assert folder.stat().st_mode & 0o777 == 0o700
    files = list(folder.iterdir())
    assert len(files) == 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
