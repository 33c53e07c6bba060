"""Carriers that are customers too: proxies that send each call straight back to the edge."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.sip.races import header

_VIA = re.compile(r"^Via: .*\n", re.M)


class Looper:
    """A proxy without state. `diverts_to`: it sends the call on to this number, as a phone that is forwarded does."""

    def __init__(self, sock: socket.socket, *, diverts_to: str = "") -> None:
        self._socket = sock
        self._diverts_to = diverts_to
        self._edge = ("127.0.0.1", 0)
        self.invites: list[str] = []
        self.hostname = f"127.0.0.1:{sock.getsockname()[1]}"

    def reach(self, edge_port: int) -> None:
        """Send back to this edge."""
        self._edge = ("127.0.0.1", edge_port)

    def run(self) -> None:
        """Serve until the socket is shut."""
        while True:
            try:
                raw, _ = self._socket.recvfrom(65_535)
            except OSError:
                return
            if not raw:
                return
            message = raw.decode().replace("\r\n", "\n")
            passed = self._back(message) if message.startswith("SIP/2.0 ") else self._on(message)
            self._socket.sendto(passed.replace("\n", "\r\n").encode(), self._edge)

    def _on(self, request: str) -> str:
        method, uri, _ = request.split(" ", 2)
        if method == "INVITE":
            self.invites.append(request)
        number = self._diverts_to or uri.partition(":")[2].partition("@")[0]
        left = int(header(request, "Max-Forwards")) - 1
        branch = f"z9hG4bK{abs(hash(header(request, 'Via')))}"
        _, _, rest = re.sub("^Max-Forwards: .*$", f"Max-Forwards: {left}", request, flags=re.M).partition("\n")
        first = f"{method} sip:{number}@127.0.0.1:{self._edge[1]} SIP/2.0"
        return f"{first}\nVia: SIP/2.0/UDP {self.hostname};branch={branch}\n{rest}"

    def _back(self, response: str) -> str:
        return _VIA.sub("", response, count=1)


@contextmanager
def looper(*, diverts_to: str = "") -> Iterator[Looper]:
    """A proxy that runs to the end of the block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        proxy = Looper(sock, diverts_to=diverts_to)
        thread = threading.Thread(target=proxy.run)
        thread.start()
        try:
            yield proxy
        finally:
            sock.sendto(b"", sock.getsockname())
            thread.join(timeout=5)
