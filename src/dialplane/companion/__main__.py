"""`python -m dialplane.companion`: the edge agent, set up from the environment (see `dialplane.settings`)."""

import asyncio
import logging
import socket
import sys
from ipaddress import ip_network
from pathlib import Path

import structlog

from dialplane.companion.loops import Companion, run_until_stopped
from dialplane.companion.probing.judgement import Thresholds
from dialplane.companion.probing.probes import ProbePlan
from dialplane.settings import Settings, split_address, split_list

log = structlog.get_logger()


class CannotBegin(Exception):
    """Something that the settings name is not there; the message says what, and why not."""


def companion_of(settings: Settings) -> Companion:
    """The agent that these settings describe. Raises CannotBegin."""
    folder = settings.data.absolute() / "edge"
    key_file = settings.key_file or folder / "edge.key"
    host, port = settings.http_address
    local = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    dns_address, dns_port = split_address(settings.dns_server) if settings.dns_server else ("", 53)
    return Companion(
        folder=folder,
        edge=settings.edge_name or socket.gethostname(),
        control_url=settings.control_url or f"http://{local}:{port}",
        key=_read_key(key_file),
        own_sip=_own_sip(*settings.sip_address),
        denied_networks=[ip_network(text) for text in split_list(settings.denied_networks)],
        nameservers=[dns_address] if dns_address else (),
        nameserver_port=dns_port,
        max_call_s=settings.max_call_s,
        check_every_s=settings.replica_check_s,
        authorities=settings.carrier_authorities,
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
        raise CannotBegin(f"the edge's access key cannot be read: {file}: {error.strerror}") from error


def _own_sip(host: str, port: int) -> tuple[str, int]:
    """The edge's SIP socket, its address as a number, of whichever version."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise CannotBegin(f"the edge's SIP address {host} leads nowhere: {error.strerror}") from error
    return str(found[0][4][0]), port


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
    """Run the agent; the exit status is not 0 when a loop has died."""
    settings = Settings()
    configure_logs(settings.log_level)
    try:
        companion = companion_of(settings)
    except CannotBegin as error:
        log.error("the edge agent cannot begin", why=str(error))
        return 1
    try:
        asyncio.run(run_until_stopped(companion))
    except Exception:
        log.exception("a loop of the edge agent died")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
