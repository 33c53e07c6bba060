"""INVITEs over TLS: each goes to the server of its carrier's name, and down no connection that leads to another's.

A connection that is opened for an INVITE asks for the name, and OpenSSL checks it (edge/openssl.py). But Kamailio 5.6.3
finds an open connection by its address alone, and carriers may share one. Which names an open connection is good for is
known from who opened it, and once it has brought an answer, from the certificate.
"""

from collections.abc import Sequence
from functools import lru_cache

from cryptography import x509

from dialplane.edge.sip import Sip

SERVER = "server"
"""The variable of a call that holds `N|NAME` of an attempt over TLS, and of its dialog the name."""
OPENED = "opened"
CERTIFIED = "certified"
"""Tables: `<address>:<port>` -> the id of the connection and the name that it was opened for; and the names of the
certificate at its other end."""


class ServerNames:
    """`is_checked`: whether certificates are."""

    def __init__(self, sip: Sip, *, is_checked: bool) -> None:
        self._sip = sip
        self._is_checked = is_checked

    def relay(self, next_hop: str, name: str) -> bool:
        """Send an INVITE to the server of that name at this SIP URI; False if it cannot be, or another's is there."""
        if not self._is_checked:
            return self._relay_asking(name)
        place = next_hop.removeprefix("sip:").partition(";")[0]
        with self._sip.locked(OPENED, place):
            return self._relay(place, name)

    def _relay(self, place: str, name: str) -> bool:
        sip = self._sip
        connection = sip.connection_to(place)
        if connection and not any(stands_for(held, name) for held in self._names(connection, place)):
            return False
        is_sent = self._relay_asking(name)
        if not connection:
            sip.put(OPENED, place, f"{sip.connection_to(place)} {name}")
        return is_sent

    def _relay_asking(self, name: str) -> bool:
        """The name is for this attempt alone: the next one's carrier may have none."""
        self._sip.set_server_name(name)
        try:
            return self._sip.relay()
        finally:
            self._sip.set_server_name("")

    def _names(self, connection: int, place: str) -> Sequence[str]:
        """What a connection is good for; a row may be of an earlier one to the same place."""
        rows = [(self._sip.get(table, place) or "").split(" ") for table in (OPENED, CERTIFIED)]
        return [name for id_, *names in rows if id_ == str(connection) for name in names]

    def note_certificate(self) -> None:
        """Note for which names the server is that an answer at hand came from."""
        sip = self._sip
        names = names_in(sip.text("$tls_peer_raw_cert"))
        sip.put(CERTIFIED, f"{sip.text('$siz')}:{sip.text('$sp')}", " ".join((sip.text("$conid"), *names)))


def stands_for(held: str, name: str) -> bool:
    """Whether a name in a certificate is for a host; its "*" is one first part (RFC 6125, section 6.4.3)."""
    first, _, rest = name.lower().partition(".")
    return held.lower() in (f"{first}.{rest}", f"*.{rest}" if "." in rest else None)


@lru_cache(maxsize=64)
def names_in(certificate: str) -> Sequence[str]:
    """The host names in a PEM certificate; its common name where it has none, as OpenSSL reads it."""
    try:
        held = x509.load_pem_x509_certificate(certificate.encode())
        alternatives = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        alternatives = None
    except ValueError:
        return ()
    names = alternatives.get_values_for_type(x509.DNSName) if alternatives else []
    common = held.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return [name for name in names or [str(one.value) for one in common] if " " not in name]
