"""Writes the functions that the installed Kamailio offers to scripts: `python -m tools.ksr_functions >FILE`.

The lists beside tests/edge/fakeksr.py are made so, one for each version of Kamailio that Dialplane runs on. A line has
a function of the core, or a module and its functions.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dialplane.system.process import program_path

MODULES = (
    *("app_python3", "auth", "corex", "dialog", "htable", "jsonrpcs", "kex", "maxfwd", "nathelper"),
    *("permissions", "pike", "pipelimit", "pv", "rr", "sanity", "sdpops", "siputils", "sl", "textops", "textopsx"),
    *("tm", "tmx", "uac"),
)
"""Modules of Kamailio that a script like ours may use, whether or not it does."""
NEEDED = ("sl", "tm", "rr", "pv", "dialog")
"""These are loaded first: others need them."""

_CONFIG = """#!KAMAILIO
listen=udp:127.0.0.1:0
{modules}
modparam("app_python3", "load", "{script}")
modparam("uac", "restore_mode", "none")
modparam("permissions", "db_url", "")
request_route {{ drop; }}
"""
_SCRIPT = """
import os, KSR
lines = []
for name in dir(KSR):
    found = getattr(KSR, name)
    if name.startswith("__"):
        continue
    if callable(found):
        lines.append(name)
    elif functions := [inner for inner in dir(found) if callable(getattr(found, inner)) and not inner.startswith("__")]:
        lines.append(name + ": " + " ".join(functions))
open("{list}", "w").write("\\n".join(sorted(lines)) + "\\n")
os._exit(0)
"""


def installed_version() -> str:
    """The version of the installed Kamailio, as `5.6.3`. Raises OSError, ValueError."""
    shown = subprocess.run([program_path("kamailio"), "-v"], capture_output=True, text=True, check=True).stdout
    if not (found := re.search(r"kamailio (\d+\.\d+\.\d+)", shown)):
        raise ValueError(f"Kamailio does not say its version: {shown[:100]}")
    return found[1]


def installed_functions() -> Sequence[str]:
    """The lines of the list, sorted. Kamailio ends before it listens. Raises OSError, ValueError."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "list.py").write_text(_SCRIPT.replace("{list}", str(folder / "list")))
        order = (*NEEDED, *(module for module in MODULES if module not in NEEDED))
        loading = "\n".join(f'loadmodule "{module}.so"' for module in order)
        (folder / "kamailio.cfg").write_text(_CONFIG.format(modules=loading, script=folder / "list.py"))
        command = [program_path("kamailio"), "-f", str(folder / "kamailio.cfg"), "-DD", "-E", "-Y", name, "-w", name]
        said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stderr
        if not (folder / "list").exists():
            raise ValueError(f"Kamailio lists nothing: {said[-1000:]}")
        return (folder / "list").read_text().splitlines()


if __name__ == "__main__":
    sys.stdout.write("\n".join(installed_functions()) + "\n")
