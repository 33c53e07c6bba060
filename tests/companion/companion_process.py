"""The companion as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.companion.controlplane import ControlPlane


@contextmanager
def companion_process(
    plane: ControlPlane, data: Path, *, key: str | None = "key"
) -> Iterator["subprocess.Popen[bytes]"]:
    """`python -m dialplane.companion` on this data folder, following that control plane."""
    (data / "edge" / "events").mkdir(parents=True, exist_ok=True)
    if key is not None:
        (data / "edge" / "edge.key").write_text(f"{key}\n")
    environment = {
        **os.environ,
        "DIALPLANE_DATA": str(data),
        "DIALPLANE_CONTROL_URL": plane.url,
        "DIALPLANE_EDGE_NAME": "here",
        "DIALPLANE_LOG_LEVEL": "warning",
    }
    with (data / "companion.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dialplane.companion"],
            env=environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(5)
