"""An edge's own TLS certificate, self-signed, created once and kept: for an edge whose settings name no other."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dialplane.system.files import replace_file

LIFETIME = timedelta(days=3650)
_LONGEST_NAME = 64  # of a common name, RFC 5280


def ensure_own(certificate: Path, key: Path, *, name: str, addresses: Iterable[str]) -> None:
    """Create both files (PEM) unless both exist. `name` is the edge's. Raises OSError."""
    if certificate.exists() and key.exists():
        return
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:_LONGEST_NAME] or "dialplane")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(text)) for text in sorted(set(addresses))]),
            critical=False,
        )
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for path, content in ((key, pem), (certificate, signed.public_bytes(Encoding.PEM))):
        replace_file(path, content)
