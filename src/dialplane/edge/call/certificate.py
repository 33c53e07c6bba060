"""The host names that a server's certificate is for. Loaded only where certificates are checked."""

from collections.abc import Sequence
from functools import lru_cache

from cryptography import x509


@lru_cache(maxsize=64)
def names_in(certificate: str) -> Sequence[str]:
    """The host names in a PEM certificate; its common name where it has none, as OpenSSL reads it."""
    try:
        held = x509.load_pem_x509_certificate(certificate.encode())
        alternatives = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        alternatives = None
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return ()
    names = alternatives.get_values_for_type(x509.DNSName) if alternatives else []
    common = held.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return [name for name in names or [str(one.value) for one in common] if " " not in name]
