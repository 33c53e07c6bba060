"""An edge that checks no certificates loads nothing to read them with."""

import subprocess
import sys


def test_what_reads_certificates_is_loaded_only_where_they_are_checked() -> None:
    program = "import sys, dialplane.edge.worker; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert not [name for name in done.stdout.split() if name.split(".")[0] == "cryptography"]
