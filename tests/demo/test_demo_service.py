"""`dialplane serve --demo` as a newcomer sees it: through the real API, companion, Kamailio and carriers."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil
import pytest

from dialplane.client import Client
from dialplane.demo.carriers import CARRIERS
from dialplane.demo.table import CUSTOMERS, routes
from dialplane.domain.demo import DETAIL, METADATA
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.system.datafolder import DataFolder
from tests.ports import free_port
from tests.waiting import eventually

pytestmark = pytest.mark.system

PROGRAM = [sys.executable, "-c", "from dialplane.cli.main import app; app()"]
PASSWORD = "a long enough password"


@contextmanager
def serving(folder: Path, *, http: int, sip: int) -> Iterator[Path]:
    """The service with its demo, once it has told all; gives what it printed. It must stop cleanly."""
    printed = folder / "printed.txt"
    environment = {
        **os.environ,
        "DIALPLANE_ADMIN_USERNAME": "admin@localhost",
        "DIALPLANE_ADMIN_PASSWORD": PASSWORD,
        "DIALPLANE_DEMO_CALLS_PER_S": "0",
    }
    command = [*PROGRAM, "serve", "--data", str(folder / "data"), "--demo"]
    where = ["--http", f"127.0.0.1:{http}", "--sip", f"127.0.0.1:{sip}"]
    with (
        printed.open("w") as out,
        subprocess.Popen(
            [*command, *where], stdout=out, stderr=out, env=environment, start_new_session=True
        ) as process,
    ):
        try:
            eventually(
                lambda: "Stop with Ctrl-C" in printed.read_text() or process.poll() is not None,
                within_s=60,
                what=f"the demo is told: {printed}",
            )
            yield printed
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def demo_objects(client: Client) -> dict[str, list[str]]:
    """Ids of all that the demo made, by kind."""
    customers = [item["id"] for item in client.customers.all() if item["detail"] == DETAIL]
    return {
        "customers": customers,
        "providers": [item["id"] for item in client.providers.all() if METADATA in item["metadata"]],
        "trunks": [item["id"] for item in client.trunks.all()],
        "routes": [
            item["id"]
            for owner in (*customers, SYSTEM_DEFAULT_CUSTOMER)
            for item in client.routes.all(customer_id=owner)
        ],
    }


@pytest.mark.timeout(240)
def test_a_newcomer_sees_a_call_fail_over_and_again_after_a_restart(tmp_path: Path) -> None:
    assert shutil.which("kamailio"), "the demo's call needs Kamailio: make setup"
    http, sip = free_port(), free_port()
    with serving(tmp_path, http=http, sip=sip) as printed:
        first = printed.read_text()
        with Client(f"http://127.0.0.1:{http}") as client:
            client.login("admin@localhost", PASSWORD)
            made = demo_objects(client)
        assert_link_logs_in_once(first)
        ports = json.loads((tmp_path / "data" / "demo.json").read_text())["ports"]
        told = subprocess.run(
            [*PROGRAM, "call", "--data", str(tmp_path / "data"), "--", "+821000000486"],
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert_fails_over(first, ports=ports)
    assert f"http://127.0.0.1:{http}/docs" in first
    assert re.search(r"486 Busy Here after 5\d\d ms: the callee is busy; no other is asked", told.stdout), told
    assert {kind: len(ids) for kind, ids in made.items()} == {
        "customers": len(CUSTOMERS),
        "providers": len(CARRIERS),
        "trunks": len(CUSTOMERS),
        "routes": len(list(routes())),
    }

    with serving(tmp_path, http=http, sip=sip) as printed:
        assert_carriers_are_there_before_the_api(DataFolder(tmp_path / "data"))
        assert_fails_over(printed.read_text(), ports=ports)
        with Client(f"http://127.0.0.1:{http}") as client:
            client.login("admin@localhost", PASSWORD)
            assert demo_objects(client) == made


def assert_carriers_are_there_before_the_api(folder: DataFolder) -> None:
    """An edge with a table probes them from its start: what is not there while an API starts slowly is unhealthy."""
    programs = psutil.Process(folder.running_instance().pid).children(recursive=True)
    began = {" ".join(program.cmdline()): program.create_time() for program in programs}
    carriers, api = (
        next(at for command, at in began.items() if wanted in command)
        for wanted in ("dialplane.demo carriers", "dialplane.api")
    )
    assert carriers < api


def assert_link_logs_in_once(printed: str) -> None:
    link = re.search(r"^Open +(http://127\.0\.0\.1:\d+/auth/link\?code=\S+) ", printed, re.MULTILINE)
    assert link, printed
    assert "dialplane=" in httpx2.get(link[1]).headers["set-cookie"]
    assert "set-cookie" not in httpx2.get(link[1]).headers


def assert_fails_over(text: str, *, ports: dict[str, int]) -> None:
    steps = (
        r"0 ms  The call arrives\. Carriers to try, in order: Alpha, Bravo, Echo,\s+Delta\.",
        rf"Attempt 1: Alpha, sip:\+82\d+@127\.0\.0\.1:{ports['alpha']}",
        r"503 Service Unavailable after .* ms: carrier failed; next carrier",
        rf"Attempt 2: Bravo, sip:\+82\d+@127\.0\.0\.1:{ports['bravo']}",
        r"rings after .* ms",
        r"200 OK: answered after ringing (1\.\d\d s|9\d\d ms)",
        r"The caller hangs up; they talked for (2\.\d\d|1\.99) s\.",
        r"Answered by Bravo, 1\.\d+ s after the call arrived; Alpha had failed\.",
    )
    at = 0
    for step in steps:
        found = re.compile(step).search(text, at)
        assert found, f"{step!r} is not told, or not in its place:\n{text}"
        at = found.end()
