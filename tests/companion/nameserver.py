"""A real DNS server on a UDP port of loopback, with the records it is given."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Records = Mapping[tuple[str, str], list[str]]
"""(name, type) to the texts of its records, in the order in which they are sent."""


class NameServer:
    """`records` may be replaced at any time; questions of the types in `silent` get no answer. `asked`: how many."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.silent: set[str] = set()
        self.asked = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])

    def serve(self) -> None:
        """Answer until the socket is shut down."""
        while True:
            try:
                query, sender = self.socket.recvfrom(4096)
            except OSError:
                return
            if not query:
                return
            self.asked += 1
            kind = dns.rdatatype.to_text(dns.message.from_wire(query).question[0].rdtype)
            if kind not in self.silent:
                self.socket.sendto(self._answer(query), sender)

    def _answer(self, query: bytes) -> bytes:
        asked = dns.message.from_wire(query)
        question = asked.question[0]
        response = dns.message.make_response(asked)
        response.flags |= dns.flags.AA
        name = question.name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(question.rdtype)
        texts = self.records.get((name, kind))
        if texts:
            response.answer.append(dns.rrset.from_text(question.name, 0, "IN", kind, *texts))
        elif not any(known == name for known, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire(want_shuffle=False)


@contextmanager
def serving(records: Records) -> Iterator[NameServer]:
    """Serve these records."""
    server = NameServer(records)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", server.port))
        thread.join(5)
        server.socket.close()
