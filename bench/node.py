"""A control node with a large table: its database made beforehand, its API a process of its own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from pydantic import SecretStr

from bench.processes import cpu_s
from bench.table import RouteTable
from dialplane.api.database import opened_database, prepare
from dialplane.control import accesskeys
from dialplane.control.actor import SYSTEM
from dialplane.control.units import Database
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.permission import SUPER_ADMIN
from dialplane.settings import Settings
from dialplane.store import objects
from dialplane.store.objects import CUSTOMERS, PROVIDERS, ROUTES

AT_ONCE = 10_000
READY_WITHIN_S = 60


def make_database(data: Path, table: RouteTable, *, database_url: str = "") -> str:
    """A data folder whose database (SQLite in it, if not another) holds the table; the token of an administrator's key.

    The schema of another one must be there.
    """
    settings = Settings(data=data, database_url=database_url, admin_password=SecretStr("for the benchmark"))
    return asyncio.run(_filled(settings, table))


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def _filled(settings: Settings, table: RouteTable) -> str:
    async with opened_database(settings) as db:
        await prepare(db, settings)
        async with db.change(SYSTEM, "changes.apply") as unit:
            callers = [item for item in table.customers() if item.id != SYSTEM_DEFAULT_CUSTOMER]
            await objects.add_all(unit, CUSTOMERS, [replace(item, tm_create=unit.next_instant()) for item in callers])
            providers = [replace(item, tm_create=unit.next_instant()) for item in table.providers()]
            await objects.add_all(unit, PROVIDERS, providers)
            routes = table.routes()
            while some := list(islice(routes, AT_ONCE)):
                await objects.add_all(unit, ROUTES, some)
                await unit.flush()
        return await token_of(db)


async def token_of(db: Database) -> str:
    """The token of a new key of an administrator's."""
    async with db.change(SYSTEM, "accesskey.create") as unit:
        _, token = await accesskeys.create(unit, SYSTEM, {"expire": 86_400, "permission": SUPER_ADMIN})
    return token


class Node:
    """A running API: one worker, as an operator starts it."""

    def __init__(self, process: subprocess.Popen[bytes], base_url: str, ready_s: float) -> None:
        self._pid = process.pid
        self.base_url = base_url
        self.ready_s = ready_s

    def cpu_s(self) -> float:
        """Seconds of CPU used so far."""
        return cpu_s(self._pid)

    def forget_peak(self) -> None:
        """Starts measuring the peak of memory anew."""
        Path(f"/proc/{self._pid}/clear_refs").write_text("5")

    def memory_mb(self, *, peak: bool = False) -> float:
        """Resident memory, now or at its peak, in MB."""
        wanted = "VmHWM" if peak else "VmRSS"
        lines = Path(f"/proc/{self._pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(wanted)) * 1024 / 1e6


@contextmanager
def running(
    data: Path,
    *,
    port: int,
    database_url: str = "",
    source: Path | None = None,
    admin_password: str = "",
    settings: Mapping[str, str] | None = None,
) -> Iterator[Node]:
    """An API on this data folder, ready; gone at the end. `source`: folder of other code than this."""
    set_ = {"DIALPLANE_DATA": str(data), "DIALPLANE_HTTP": f"127.0.0.1:{port}", "DIALPLANE_DATABASE_URL": database_url}
    environment = {**os.environ, **set_, "DIALPLANE_ADMIN_PASSWORD": admin_password, **(settings or {})}
    if source is not None:
        environment["PYTHONPATH"] = str(source)
    started = time.perf_counter()
    with (data / "api.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dialplane.api"], stdout=log, stderr=log, env=environment, start_new_session=True
        )
    try:
        base_url = f"http://127.0.0.1:{port}"
        _wait_until_ready(process, base_url)
        yield Node(process, base_url, time.perf_counter() - started)
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _wait_until_ready(process: subprocess.Popen[bytes], base_url: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(URLError, OSError), urlopen(f"{base_url}/readyz", timeout=5):
            return
        if process.poll() is not None:
            break
        time.sleep(0.01)
    raise RuntimeError("the API has not become ready")
