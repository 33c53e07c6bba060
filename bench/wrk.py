"""Load by wrk: requests from a file, over a few connections that are kept."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

CONNECTIONS = 16
SCRIPT = Path(__file__).with_name("wrk.lua")


class Request(NamedTuple):
    """`body` is JSON, or empty."""

    method: str
    path: str
    body: str = ""


class Load(NamedTuple):
    """What wrk has seen. `refused` counts answers that were no 2xx, `broken` those that never came."""

    answers: int
    seconds: float
    p50_ms: float
    p99_ms: float
    refused: int
    broken: int

    @property
    def per_s(self) -> float:
        """Good answers a second."""
        return (self.answers - self.refused) / self.seconds


def is_installed() -> bool:
    """Whether there is a wrk to run."""
    return shutil.which("wrk") is not None


def put_under_load(base_url: str, requests: Iterable[Request], *, token: str, seconds: int) -> Load:
    """Sends the requests again and again for so long. One thread: of the few cores the server needs one."""
    with tempfile.NamedTemporaryFile("w", suffix=".requests") as file:
        file.writelines("\t".join(request) + "\n" for request in requests)
        file.flush()
        where = ["--script", str(SCRIPT), "--header", f"Authorization: Bearer {token}", base_url, "--", file.name]
        how = ["--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s", "--timeout", "10s"]
        done = subprocess.run(["wrk", *how, *where], check=True, capture_output=True, text=True, timeout=seconds + 60)
    return Load(**json.loads(done.stdout.splitlines()[-1]))
