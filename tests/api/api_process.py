"""The API as a process of its own, to be terminated or killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.databases import PASSWORD, USERNAME
from tests.waiting import eventually


class ApiProcess:
    """`python -m dialplane.api` on a data folder; everything it prints goes to `output`."""

    def __init__(self, data: Path, output: Path, **settings: str) -> None:
        self._environment = {
            **os.environ,
            "DIALPLANE_DATA": str(data),
            "DIALPLANE_HTTP": "127.0.0.1:0",
            "DIALPLANE_ADMIN_USERNAME": USERNAME,
            "DIALPLANE_ADMIN_PASSWORD": PASSWORD,
            "DIALPLANE_REFUSALS_AT_ONCE": "1000000",  # tests provoke hundreds of refusals by one caller
            **{f"DIALPLANE_{name.upper()}": value for name, value in settings.items()},
        }
        self.output = output
        self._running: subprocess.Popen[bytes] | None = None
        self.base_url = ""

    def start(self) -> None:
        """Returns once it listens."""
        with self.output.open("wb") as out:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "dialplane.api"], stdout=out, stderr=subprocess.STDOUT, env=self._environment
            )
        self.base_url = eventually(self._address, within_s=60, what="the API listens")

    def kill(self) -> None:
        """As a crash would: at once, with whatever it was doing."""
        self._end(signal.SIGKILL)

    def terminate(self) -> None:
        """In order."""
        self._end(signal.SIGTERM)

    def ask_to_stop(self) -> None:
        """In order, without waiting for the end."""
        assert self._running is not None
        self._running.send_signal(signal.SIGTERM)

    def ended(self) -> int:
        """Waits for the end that was asked for; the exit status."""
        assert self._running is not None
        status, self._running = self._running.wait(timeout=60), None
        return status

    def _end(self, how: int) -> None:
        if self._running is not None:
            self._running.send_signal(how)
            self._running.wait(timeout=60)
            self._running = None

    def _address(self) -> str:
        assert self._running is not None
        assert self._running.poll() is None, self.output.read_text()
        for line in self.output.read_text().splitlines():
            if "Uvicorn running on " in line:
                told: str = json.loads(line)["event"]
                return told.split()[3]
        return ""


@contextmanager
def running(data: Path, output: Path, **settings: str) -> Iterator[ApiProcess]:
    """A process that is gone at the end, whatever happens."""
    process = ApiProcess(data, output, **settings)
    process.start()
    try:
        yield process
    finally:
        process.kill()
