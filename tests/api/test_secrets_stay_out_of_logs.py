"""A planted secret is looked for in every line that the API process prints and every file that it writes."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.api.api_process import ApiProcess, running
from tests.databases import PASSWORD, USERNAME

pytestmark = pytest.mark.system

CANARY = "Canary-Zq81-secret"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ApiProcess]:
    with running(tmp_path / "data", tmp_path / "output", log_level="debug") as started:
        yield started


def test_no_secret_reaches_a_log_or_a_file(process: ApiProcess, tmp_path: Path) -> None:
    with httpx2.Client(base_url=process.base_url) as http:
        token = http.post("/auth/login", json={"username": USERNAME, "password": PASSWORD}).json()["token"]
        for path in ("/v1.0/routes", "/v1.0/me", "/nothing", "/healthz", "/metrics", "/v1.0/routes/x"):
            http.get(path, params={"token": CANARY, "accesskey": CANARY})
            http.get(path, params={"token": token})
            http.get(path, headers={"Authorization": f"Bearer {CANARY}"})
        http.post("/auth/login", json={"username": USERNAME, "password": CANARY})
        http.post("/auth/login", json={"username": CANARY, "password": "x"}, params={"token": CANARY})
        created = http.post(
            "/v1.0/accesskeys", params={"token": token}, json={"expire": 86_400}, headers={"Idempotency-Key": "one"}
        )
        key = created.json()["token"]
        http.get("/v1.0/routes", params={"accesskey": key})
        provider = {"type": "sip", "hostname": "a.example", "username": "u", "password": CANARY}
        made = http.post("/v1.0/providers", params={"accesskey": key}, json=provider)
        http.put(f"/v1.0/providers/{made.json()['id']}", params={"accesskey": key}, json={"password": CANARY + "2"})
        http.post("/v1.0/trunks", params={"accesskey": key}, json={"auth_types": ["x"], "password": CANARY})
        http.get(f"/v1.0/me?token={CANARY}%ff")
        http.request("BREW", f"/v1.0/me?token={CANARY}")
    process.terminate()
    told = process.output.read_text()
    assert '"path":"/v1.0/me"' in told
    for secret in (CANARY, token, key, PASSWORD):
        assert secret not in told
        for file in (tmp_path / "data").rglob("*"):
            assert file.is_dir() or secret.encode() not in file.read_bytes()


def test_every_line_is_json_and_every_request_has_its_id(process: ApiProcess) -> None:
    answers = [httpx2.get(process.base_url + path) for path in ("/healthz", "/v1.0/me", "/nothing")]
    process.terminate()
    lines = [json.loads(line) for line in process.output.read_text().splitlines()]
    told = {line["request_id"]: line for line in lines if line["event"] == "request"}
    for answer in answers:
        line = told[answer.headers["x-request-id"]]
        assert line["status"] == answer.status_code
        assert "?" not in line["path"]


def test_the_secrets_folder_is_only_for_its_owner(process: ApiProcess, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "secrets"
    assert folder.stat().st_mode & 0o777 == 0o700
    files = list(folder.iterdir())
    assert len(files) == 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
