"""The certificates that an edge shows over TLS, and until when they hold."""

from pathlib import Path

import structlog

from dialplane.eventlog.kinds import MOST_CERTIFICATES, HeldCertificate
from dialplane.eventlog.writer import printable

log = structlog.get_logger()


class ShownCertificates:
    """Those in a PEM file: the edge's own first, then those between it and an authority. Read when the file changes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._version: tuple[int, int] | None = None
        self._held: tuple[HeldCertificate, ...] = ()

    def held(self) -> tuple[HeldCertificate, ...]:
        """As they are now; none where there is no such file, or none that can be read. Blocking."""
        try:
            found = self._file.stat()
            version = (found.st_mtime_ns, found.st_size)
            if version != self._version:
                self._held, self._version = _held_in(self._file.read_bytes()), version
        except FileNotFoundError:
            self._held, self._version = (), None
        except (OSError, ValueError) as error:
            log.warning("the edge's certificate cannot be read", file=str(self._file), why=str(error))
            self._held = ()
        return self._held


def _held_in(pem: bytes) -> tuple[HeldCertificate, ...]:
    """Raises ValueError."""
    from cryptography import x509  # imported late: it takes a companion without TLS no memory

    return tuple(
        HeldCertificate(
            subject=printable(one.subject.rfc4514_string()),
            until=int(one.not_valid_after_utc.timestamp() * 1_000_000),
        )
        for one in x509.load_pem_x509_certificates(pem)[:MOST_CERTIFICATES]
    )
