"""The real API behind a real socket, in a thread of the test process; and a caller that speaks to it."""

import asyncio
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from dialplane.api.database import BOX_KEYS
from dialplane.api.server.server import Server, make_server
from dialplane.settings import Settings
from tests.databases import ENCRYPTION_KEY, PASSWORD, USERNAME
from tests.waiting import eventually

SYSTEM_DEFAULT = "00000000-0000-0000-0000-000000000001"
NEVER = "9999-01-01 00:00:00.000000"


@dataclass
class Caller:
    """Somebody with credentials (or none), and the API that they call."""

    base_url: str
    http: httpx2.Client
    headers: Mapping[str, str]

    def __call__(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **rest: Any) -> Any:
        return self.http.request(
            method, self.base_url + path, headers={**self.headers, **(headers or {})}, timeout=30, **rest
        )

    def get(self, path: str, **rest: Any) -> Any:
        return self("GET", path, **rest)

    def post(self, path: str, json: Any = None, **rest: Any) -> Any:
        return self("POST", path, json=json, **rest)

    def put(self, path: str, json: Any = None, **rest: Any) -> Any:
        return self("PUT", path, json=json, **rest)

    def delete(self, path: str, **rest: Any) -> Any:
        return self("DELETE", path, **rest)

    def made(self, plural: str, **fields: Any) -> dict[str, Any]:
        """An object that has just been created."""
        answer = self.post(f"/v1.0/{plural}", fields)
        assert answer.status_code == 200, answer.text
        created: dict[str, Any] = answer.json()
        return created


class Callers:
    """Whoever may call the API at this URL. `admin` is its first administrator."""

    def __init__(self, base_url: str, http: httpx2.Client) -> None:
        self.base_url = base_url
        self._http = http
        self.nobody = Caller(self.base_url, http, {})
        self.admin = self.with_token(self.login(USERNAME, PASSWORD))

    def login(self, username: str, password: str) -> str:
        """A session's token, as soon as the database answers: on a busy machine a first connection may take long."""
        answer = eventually(
            lambda: self._login(username, password), within_s=30, what="a login that is not refused 503"
        )
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["token"]
        return token

    def _login(self, username: str, password: str) -> Any:
        answer = self.nobody.post("/auth/login", {"username": username, "password": password})
        return None if answer.status_code == 503 else answer

    def with_token(self, token: str) -> Caller:
        return Caller(self.base_url, self._http, {"Authorization": f"Bearer {token}"})

    def caller_with(self, permission: str, customer_id: str) -> Caller:
        """Somebody with a fresh access key."""
        key = self.admin.made("accesskeys", customer_id=customer_id, permission=permission, expire=86_400)
        return self.with_token(key["token"])


class Api(Callers):
    """An API that runs in a thread of the test."""

    def __init__(self, server: Server, settings: Settings, http: httpx2.Client) -> None:
        self.server = server
        self.settings = settings
        self.port = server.port
        super().__init__(f"http://127.0.0.1:{server.port}", http)


def settings_for(folder: Path, *, url: str = "", database: Path | None = None, **rest: Any) -> Settings:
    """Settings for a data folder whose secrets fit the prepared databases of the tests.

    `database`: a SQLite file to begin with a copy of, which is sooner done than a first start.
    """
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    (secrets / BOX_KEYS).write_text(ENCRYPTION_KEY)
    usual = {"http": "127.0.0.1:0", "admin_username": USERNAME, "admin_password": PASSWORD}
    given = {**usual, "refusals_at_once": 1_000_000, **rest}  # tests provoke hundreds of refusals by one caller
    settings = Settings(data=folder, database_url=url, **given)
    if database is not None:
        shutil.copyfile(database, settings.database_file)
    return settings


@contextmanager
def serving(settings: Settings) -> Iterator[Api]:
    """The API of these settings, until the block ends."""
    server = make_server(settings, on_first_start=lambda first: None)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    eventually(lambda: server.started or not thread.is_alive(), within_s=30, what="the API has started")
    assert server.started
    try:
        with httpx2.Client(verify=False) as http:  # plain HTTP: to load the system's certificates takes 80 ms
            yield Api(server, settings, http)
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        assert not thread.is_alive()
