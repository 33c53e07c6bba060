"""Whether who answers an INVITE over TLS has the name that it was sent to, by its certificate (RFC 5922, section 7).

Kamailio 5.6.3 checks who signed a certificate, not for which name, and knows connections by their addresses alone. The
certificate of a connection is seen first where an answer comes in.
"""

from collections.abc import Sequence
from functools import lru_cache

from cryptography import x509

from dialplane.edge.sip import Sip

ASKED = "asked"
"""The table of the names that INVITEs over TLS were sent to: caller's INVITE and branch -> name."""


class ServerNames:
    """The names of the servers that a worker sends to over TLS."""

    def __init__(self, sip: Sip) -> None:
        self._sip = sip

    def ask(self, invite: str, branch: int, name: str) -> None:
        """Have this branch of an INVITE, about to be sent, ask for the server of that name."""
        self._sip.set_server_name(name)
        self._sip.put(ASKED, f"{invite}|{branch}", name)

    def is_right(self, invite: str, branch: int) -> bool:
        """Whether the answer at hand comes from the server that this branch asked for, if it asked for one."""
        name = self._sip.get(ASKED, f"{invite}|{branch}")
        return name is None or is_for(self._sip.text("$tls_peer_raw_cert"), name)


@lru_cache(maxsize=64)
def is_for(certificate: str, name: str) -> bool:
    """Whether a PEM certificate is for this host name; its "*" is any first part of one (RFC 6125, section 6.4.3)."""
    try:
        held = _names(x509.load_pem_x509_certificate(certificate.encode()))
    except ValueError:
        return False
    wanted = name.lower()
    return any(one.lower() in (wanted, f"*.{wanted.partition('.')[2]}") for one in held)


def _names(certificate: x509.Certificate) -> Sequence[str]:
    """The host names of a certificate; its common name where it has none, as the probes' OpenSSL reads it."""
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = alternatives.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        names = []
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return names or [str(attribute.value) for attribute in common]
