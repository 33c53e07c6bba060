"""`python -m dialplane.companion`: the companion, set up from the environment (see `dialplane.settings`)."""

import asyncio
import logging
import sys
from pathlib import Path

import structlog

from dialplane.companion.loops import Companion, run_until_stopped
from dialplane.companion.probing.judgement import Thresholds
from dialplane.companion.probing.probes import ProbePlan
from dialplane.settings import Settings
from dialplane.system.address import SocketAddress, resolve
from dialplane.system.files import keep_private

log = structlog.get_logger()


class CannotStart(Exception):
    """Something that the settings name is not there; the message says what, and why not."""


def companion_of(settings: Settings) -> Companion:
    """The companion that these settings describe. Raises CannotStart."""
    folder = settings.folder.edge
    return Companion(
        folder=folder,
        edge=settings.edge_name,
        control_url=settings.control_url or f"http://{settings.http.from_here}",
        key=_read_key(settings.key_file or folder.key),
        own_sip=_resolved(settings.sip),
        denied_networks=settings.denied_networks,
        nameserver=settings.dns_server,
        max_call_s=settings.max_call_s,
        check_every_s=settings.replica_check_s,
        authorities=settings.carrier_authorities,
        certificate=settings.tls_certificate,
        plan=ProbePlan(
            interval_s=settings.probe_interval_s,
            timeout_s=settings.probe_timeout_s,
            thresholds=Thresholds(down_after=settings.probe_down_after, up_after=settings.probe_up_after),
        ),
    )


def _read_key(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError as error:
        raise CannotStart(f"the edge's access key cannot be read: {file}: {error.strerror}") from error


def _resolved(sip: SocketAddress) -> SocketAddress:
    """The edge's SIP socket by its IP address."""
    try:
        return resolve(*sip)
    except OSError as error:
        raise CannotStart(f"the edge's SIP address {sip.host} leads nowhere: {error.strerror}") from error


def configure_logs(level: str) -> None:
    """One JSON line a log entry, on standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def main() -> int:
    """Run the companion; the exit status is not 0 if it could not start or one of its loops died."""
    keep_private()
    settings = Settings()
    configure_logs(settings.log_level)
    try:
        companion = companion_of(settings)
    except CannotStart as error:
        log.error("the companion cannot start", why=str(error))
        return 1
    try:
        asyncio.run(run_until_stopped(companion))
    except Exception:
        log.exception("a loop of the companion died")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
