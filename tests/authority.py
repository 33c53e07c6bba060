"""A certificate authority for tests."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


class Authority:
    """Signs certificates for an hour; its own stands in `file`.

    They have what RFC 5280 demands: Python 3.13 takes no other.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._made(self._name, self._key.public_key(), ca=True, names=()))

    def sign(self, *names: str, expired: bool = False, alternatives: bool = True) -> tuple[Path, Path]:
        """The files of a certificate for these host names, and of its key.

        Without `alternatives` the first name is its common name, and no other is in it.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._made(
            _named(names[0]), key.public_key(), ca=False, names=names if alternatives else (), expired=expired
        )
        certificate, private = (self._folder / f"{names[0]}.{kind}" for kind in ("crt", "key"))
        certificate.write_bytes(made)
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, private

    def _made(
        self,
        subject: x509.Name,
        public: ec.EllipticCurvePublicKey,
        *,
        ca: bool,
        names: tuple[str, ...],
        expired: bool = False,
    ) -> bytes:
        now = datetime.now(UTC) - timedelta(hours=2 if expired else 0)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(_usage(ca=ca), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if names:
            alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(alternatives, critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _usage(*, ca: bool) -> x509.KeyUsage:
    others = (
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **dict.fromkeys(others, False))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
