"""INVITEs over TLS: each goes to the server of its carrier's name, and down no connection that leads to another's.

A connection that is opened for an INVITE asks for the name, and OpenSSL checks it (`openssl.py`). But Kamailio 5.6.3
finds an open connection by its address alone, and carriers may share one. Which names an open connection is good for is
known from who opened it, and once it has brought an answer, from the certificate.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dialplane.edge.sip import Sip

SERVER = "server"
"""The variable of a call that holds `N|NAME PLACE` of an attempt over TLS, and of its dialog the name and the place."""
OPENED = "opened"
CERTIFIED = "certified"
"""Tables: `<address>:<port>` -> the id of the connection and the name that it was opened for; and the names of the
certificate at its other end."""


class ServerNames:
    """`is_checked`: whether certificates are."""

    def __init__(self, sip: Sip, *, is_checked: bool) -> None:
        self._sip = sip
        self._is_checked = is_checked
        if is_checked:
            from dialplane.edge.call.certificate import names_in  # its library takes a third of an edge's start

            self._names_in = names_in

    @contextmanager
    def way(self, next_hop: str, name: str) -> Iterator[bool]:
        """Whether an INVITE may go to the server of that name ("" for any) at this SIP URI; it is to be sent within.

        Meanwhile no other worker opens a connection there. The name is for this attempt alone.
        """
        if not name:
            yield True
            return
        self._sip.set_server_name(name)
        try:
            if self._is_checked:
                with self._sip.locked(OPENED, _place(next_hop)):
                    yield from self._opening(_place(next_hop), name)
            else:
                yield True
        finally:
            self._sip.set_server_name("")

    def _opening(self, place: str, name: str) -> Iterator[bool]:
        connection = self._sip.connection_to(place)
        yield not connection or self._is_for(connection, place, name)
        if not connection:
            self._sip.put(OPENED, place, f"{self._sip.connection_to(place)} {name}")

    def leads_elsewhere(self, next_hop: str, name: str) -> bool:
        """Whether a connection to this SIP URI is open that is not known to be good for that name."""
        if not name or not self._is_checked:
            return False
        place = _place(next_hop)
        connection = self._sip.connection_to(place)
        return bool(connection) and not self._is_for(connection, place, name)

    def _is_for(self, connection: int, place: str, name: str) -> bool:
        return any(stands_for(held, name) for held in self._names(connection, place))

    def _names(self, connection: int, place: str) -> Sequence[str]:
        """What a connection is good for; a row may be of an earlier one to the same place."""
        rows = [(self._sip.get(table, place) or "").split(" ") for table in (OPENED, CERTIFIED)]
        return [name for id_, *names in rows if id_ == str(connection) for name in names]

    def note_certificate(self) -> None:
        """Note for which names the server is that an answer at hand came from."""
        sip = self._sip
        names = self._names_in(sip.text("$tls_peer_raw_cert"))
        sip.put(CERTIFIED, f"{sip.text('$siz')}:{sip.text('$sp')}", " ".join((sip.text("$conid"), *names)))


def server_at(next_hop: str, name: str) -> str:
    """The value of SERVER: a name, and the `address:port` of the server that has it."""
    return f"{name} {_place(next_hop)}"


def name_at(server: str, next_hop: str) -> str:
    """The name to ask for at a SIP URI within a call whose SERVER this is: "" unless it leads to that server."""
    name, _, place = server.partition(" ")
    return name if place == _place(next_hop) else ""


def _place(next_hop: str) -> str:
    return next_hop.partition(";")[0].removeprefix("sip:").rpartition("@")[2]


def stands_for(held: str, name: str) -> bool:
    """Whether a name in a certificate is for a host; its "*" is one first part (RFC 6125, section 6.4.3)."""
    held, name = held.lower(), name.lower()
    _, _, rest = name.partition(".")
    return held == name or ("." in rest and held == f"*.{rest}")
