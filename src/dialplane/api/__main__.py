"""`python -m dialplane.api`: the REST API as a process of its own, set up by `DIALPLANE_*`.

Serves until SIGTERM or SIGINT; requests in flight are finished first.
"""

import gc
import resource
import signal
import sys

import structlog

from dialplane.api.server import logs
from dialplane.api.server.server import make_server
from dialplane.control.bootstrap import FirstStart
from dialplane.settings import Settings
from dialplane.system.files import keep_private

log = structlog.get_logger("dialplane.api")

SWITCH_INTERVAL_S = 0.0001
"""Python's switch interval: how soon a thread that computes (the check of a bulk change) lets others run. With the
default of 5 ms, reads during a change of 100,000 routes took three times as long (measured); with 0.5 ms, `/readyz`,
lists and logins among hostile callers a fifth longer than with this (their 99th percentile, measured)."""

GC_THRESHOLDS = (50_000, 20, 20)
"""Objects allocated before a garbage collection. With the default of 700 there is one at every second request, which
takes a tenth of the time and finds nothing (measured)."""


def main(settings: Settings) -> None:
    """Log to standard output, one JSON object per line, and serve."""
    keep_private()
    _raise_file_limit()
    listener = logs.configure(settings.log_level)
    signal.signal(signal.SIGTERM, _exit)
    try:
        _serve(settings)
    finally:
        listener.stop()


def _serve(settings: Settings) -> None:
    server = make_server(settings, on_first_start=_show_administrator)
    gc.set_threshold(*GC_THRESHOLDS)
    gc.collect()
    gc.freeze()  # collecting what stays for good takes 70 ms, during which no request is answered
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    server.run()
    if not server.started:
        sys.exit(1)


def _raise_file_limit() -> None:
    """Each connection is a file: as many as the system allows, not the 1,024 that are usual for a process at first."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _exit(*_: object) -> None:
    """uvicorn raises SIGTERM again at its end; the default action would end the process with lines unwritten."""
    sys.exit(0)


def _show_administrator(first: FirstStart) -> None:
    """Print a generated password to standard error, for the person who starts this by hand; never into the log."""
    log.info("first administrator made", username=first.username)
    if first.password:
        sys.stderr.write(f"First administrator: {first.username}, password {first.password} (shown this once)\n")


if __name__ == "__main__":
    main(Settings())
