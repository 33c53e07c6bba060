"""A SIP peer that says exactly what a test wants, byte for byte."""

import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

_ECHOED = re.compile(r"^(?:Via|From|Call-ID|CSeq|Record-Route): .*$", re.M)
_TO = re.compile(r"^To: .*$", re.M)


_RETRANSMIT_S = 0.5  # T1: a datagram that finds a full buffer is lost


class Peer:
    """A UDP socket that talks to an edge; `host` is what it calls its own address."""

    def __init__(
        self, sock: socket.socket, edge_port: int, *, edge_at: str = "127.0.0.1", host: str = "127.0.0.1"
    ) -> None:
        self._socket = sock
        self._edge = (edge_at, edge_port)
        self._host = host
        self.port: int = sock.getsockname()[1]

    def reach(self, edge_port: int, *, edge_at: str = "127.0.0.1") -> None:
        """Talk to this edge."""
        self._edge = (edge_at, edge_port)

    def fileno(self) -> int:
        """The descriptor of the socket, for `select`."""
        return self._socket.fileno()

    def send(self, message: str | bytes) -> None:
        """Send one datagram; text has its lines ended as SIP wants them."""
        raw = message if isinstance(message, bytes) else message.replace("\r\n", "\n").replace("\n", "\r\n").encode()
        self._socket.sendto(raw, self._edge)

    def receive(self, *, within_s: float = 2.0) -> str:
        """The next datagram, "" where none comes."""
        self._socket.settimeout(within_s)
        try:
            return self._socket.recv(65_535).decode("utf-8", "replace")
        except TimeoutError:
            return ""

    def receive_all(self, *, for_s: float) -> list[str]:
        """All datagrams that come in that time."""
        deadline = time.monotonic() + for_s
        messages = []
        while (left := deadline - time.monotonic()) > 0:
            message = self.receive(within_s=left)
            if message:
                messages.append(message)
        return messages

    def receive_final(self, *, within_s: float = 5.0) -> str:
        """The next datagram that is no provisional response, "" where none comes."""
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            message = self.receive(within_s=left)
            if message and not message.startswith("SIP/2.0 1"):
                return message
        return ""

    def ask(self, request: str, *, within_s: float = 5.0) -> str:
        """The final answer to just this request, "" where none comes; a negative one to an INVITE is acknowledged.

        The request is sent again until something comes.
        """
        call_id = _header(request, "Call-ID")
        self.send(request)
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            answer = self.receive(within_s=min(left, _RETRANSMIT_S))
            if not answer:
                self.send(request)
            if answer.startswith("SIP/2.0 ") and answer[8] > "1" and _header(answer, "Call-ID") == call_id:
                if request.startswith("INVITE ") and answer[8] > "2":
                    self.acknowledge(request, answer)
                return answer
        return ""

    def acknowledge(self, invite: str, refusal: str, *, headers: str = "") -> None:
        """The ACK for a negative final answer to an INVITE."""
        self.send(_ack_of(invite, _header(refusal, "To"), headers))

    def receive_request(self, method: str, *, within_s: float = 5.0) -> str:
        """The next request of that method, with lines ended by LF; "" where none comes."""
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            message = self.receive(within_s=left)
            if message.startswith(f"{method} "):
                return message.replace("\r\n", "\n")
        return ""

    def response(
        self, request: str, status: int, *, tag: str = "", headers: str = "", above: str = "", reason: str = "Because"
    ) -> str:
        """A response to a request that came by way of the edge; `above` are lines over its Record-Routes."""
        request = request.replace("\r\n", "\n")
        echoed = "\n".join(_ECHOED.findall(request))
        to = _TO.search(request)
        return (
            f"SIP/2.0 {status} {reason}\n{above}{echoed}\n{to[0] if to else ''}{f';tag={tag}' if tag else ''}\n"
            f"Contact: <sip:carrier@{self._host}:{self.port}>\n{headers}Content-Length: 0\n\n"
        )

    def answer(self, request: str, status: int, **how: str) -> None:
        """Send that response."""
        self.send(self.response(request, status, **how))

    def request(
        self, method: str, *, uri: str = "", headers: str = "", to_tag: str = "", branch: str = "", call_id: str = ""
    ) -> str:
        """A well-formed request of this peer's, without a body."""
        unique = os.urandom(6).hex()
        return (
            f"{method} {uri or f'sip:+821012345678@127.0.0.1:{self._edge[1]}'} SIP/2.0\n"
            f"Via: SIP/2.0/UDP {self._host}:{self.port};branch={branch or f'z9hG4bK{unique}'}\n"
            f"From: <sip:+15550001@127.0.0.1>;tag={unique}\n"
            f"To: <sip:+821012345678@127.0.0.1>{to_tag}\n"
            f"Call-ID: {call_id or unique}\nCSeq: 1 {method}\nMax-Forwards: 70\n"
            f"Contact: <sip:me@{self._host}:{self.port}>\n{headers}Content-Length: 0\n\n"
        )

    def request_within(self, response: str, method: str, *, cseq: int, headers: str = "") -> str:
        """A caller's request in the dialog that a response began, by way of its Record-Routes."""
        response = response.replace("\r\n", "\n")
        routes = "".join(f"Route: {route}\n" for route in re.findall(r"^Record-Route: (.*)$", response, re.M)[::-1])
        return (
            f"{method} {_header(response, 'Contact').partition('<')[2].partition('>')[0]} SIP/2.0\n"
            f"Via: SIP/2.0/UDP {self._host}:{self.port};branch=z9hG4bK{os.urandom(6).hex()}\n"
            f"From: {_header(response, 'From')}\nTo: {_header(response, 'To')}\n"
            f"Call-ID: {_header(response, 'Call-ID')}\nCSeq: {cseq} {method}\nMax-Forwards: 70\n"
            f"{routes}{headers}Content-Length: 0\n\n"
        )


def _header(message: str, name: str) -> str:
    found = re.search(rf"^{name}: *(.*?)\r?$", message, re.M)
    return found[1] if found else ""


def _ack_of(invite: str, to: str, headers: str) -> str:
    kept = [line for line in invite.splitlines() if line.startswith(("Via: ", "From: ", "Call-ID: ", "Max-Forwards: "))]
    number = _header(invite, "CSeq").partition(" ")[0]
    first = invite.partition("\n")[0].replace("INVITE ", "ACK ", 1)
    return "\n".join([first, *kept, f"To: {to}", f"CSeq: {number} ACK", f"{headers}Content-Length: 0", "", ""])


@contextmanager
def peer(edge_port: int, *, address: str = "127.0.0.1", edge_at: str = "127.0.0.1") -> Iterator[Peer]:
    """A peer at that address, on a port of its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 0))
        yield Peer(sock, edge_port, edge_at=edge_at)


@contextmanager
def peer_at_edge() -> Iterator[Peer]:
    """A peer that exists before its edge does: a carrier's. `reach` tells it where the edge is."""
    with peer(0) as found:
        yield found
