"""`python -m dialplane.api`: the REST API as a process of its own, set up by `DIALPLANE_*`.

Serves until SIGTERM or SIGINT; requests in flight are finished first.
"""

import gc
import signal
import sys

import structlog

from dialplane.api.process import logs
from dialplane.api.process.start import server_from
from dialplane.control.bootstrap import FirstStart
from dialplane.settings import Settings

log = structlog.get_logger("dialplane.api")

SWITCH_INTERVAL_S = 0.0005
"""How soon a thread that computes (a bulk change being checked) makes room for the others. With Python's 5 ms, reads
during a change of 100,000 routes took three times as long: measured here."""

GARBAGE = (50_000, 20, 20)
"""Objects that are made before Python looks for those that hold each other. With its own 700 it looks at every second
request, and finds nothing: a tenth of the time, measured here."""


def main(settings: Settings) -> None:
    """Logs to standard output, one JSON object per line."""
    lines = logs.configure(settings.log_level)
    signal.signal(signal.SIGTERM, _end)
    try:
        _serve(settings)
    finally:
        lines.close()


def _serve(settings: Settings) -> None:
    server = server_from(settings, on_first_start=_tell)
    gc.set_threshold(*GARBAGE)
    gc.collect()
    gc.freeze()  # what stays for good: to look through it again takes 70 ms, in which nobody is answered
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    server.run()
    if server.has_failed:
        sys.exit(1)


def _end(*_: object) -> None:
    """What uvicorn leaves to do at the end of a SIGTERM. The default would end the process with lines unwritten."""
    sys.exit(0)


def _tell(first: FirstStart) -> None:
    """A generated password goes to standard error, to whoever starts this by hand; never into the log."""
    log.info("first administrator made", username=first.username)
    if first.password:
        sys.stderr.write(f"First administrator: {first.username}, password {first.password} (shown this once)\n")


if __name__ == "__main__":
    main(Settings())
