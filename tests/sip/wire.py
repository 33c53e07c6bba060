"""A SIP peer that says exactly what a test wants, byte for byte."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Peer:
    """A UDP socket on loopback that talks to an edge."""

    def __init__(self, sock: socket.socket, edge_port: int) -> None:
        self._socket = sock
        self._edge = ("127.0.0.1", edge_port)
        self.port: int = sock.getsockname()[1]

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

    def request(
        self, method: str, *, uri: str = "", headers: str = "", to_tag: str = "", branch: str = "", call_id: str = ""
    ) -> str:
        """A well-formed request of this peer's, without a body."""
        unique = os.urandom(6).hex()
        return (
            f"{method} {uri or f'sip:+821012345678@127.0.0.1:{self._edge[1]}'} SIP/2.0\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch or f'z9hG4bK{unique}'}\n"
            f"From: <sip:+15550001@127.0.0.1>;tag={unique}\n"
            f"To: <sip:+821012345678@127.0.0.1>{to_tag}\n"
            f"Call-ID: {call_id or unique}\nCSeq: 1 {method}\nMax-Forwards: 70\n"
            f"Contact: <sip:me@127.0.0.1:{self.port}>\n{headers}Content-Length: 0\n\n"
        )


@contextmanager
def peer(edge_port: int, *, address: str = "127.0.0.1") -> Iterator[Peer]:
    """A peer at that address, on a port of its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 0))
        yield Peer(sock, edge_port)
