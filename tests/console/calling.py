"""A switch's call to the demo's edge, from an address of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.serve.instance import Instance

LONGEST_S = 300.0


@contextmanager
def calling(
    demo: Instance, *, source: str, number: str, talk_s: float = LONGEST_S
) -> Iterator["subprocess.Popen[bytes]"]:
    """A call that goes on until it has talked for `talk_s` or its standard input is closed."""
    host, _, port = demo.running()["sip"].rpartition(":")
    wanted = {
        "host": host, "port": int(port), "source": source, "number": number, "caller": "anonymous", "domain": "",
        "username": "", "password": "", "wait_s": LONGEST_S, "talk_s": talk_s,
    }  # fmt: skip
    command = [sys.executable, "-m", "dialplane_simulator.once"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        process.stdin.flush()
        yield process
        process.stdin.close()


def status_of(process: "subprocess.Popen[bytes]") -> int:
    """The final status that the call got, once it is over."""
    assert process.stdout is not None
    return int(json.loads(process.stdout.readline())["status"])
