"""A carrier that refuses each INVITE after a while, unless it is cancelled first, as RFC 3261 has it."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_ECHOED = re.compile(r"^(?:Via|From|To|Call-ID|CSeq|Record-Route): .*$", re.M)


@dataclass
class PoliteCarrier:
    """`invites` holds when each INVITE came (retransmissions left out), by `time.time()`."""

    socket: socket.socket
    refuse_after_s: float
    status: int
    invites: list[float] = field(default_factory=list)
    _pending: dict[str, tuple[float, str, tuple[str, int]]] = field(default_factory=dict)
    _stopped: bool = False

    @property
    def hostname(self) -> str:
        """What a provider's hostname is to be."""
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def run(self) -> None:
        """Serve until the block ends."""
        while not self._stopped:
            due = min((at for at, _, _ in self._pending.values()), default=time.time() + 0.05)
            self.socket.settimeout(max(due - time.time(), 0.001))
            try:
                raw, peer = self.socket.recvfrom(65_535)
            except TimeoutError:
                self._refuse_due()
            else:
                self._take(raw.decode(), peer)

    def stop(self) -> None:
        """End `run`."""
        self._stopped = True

    def _take(self, message: str, peer: tuple[str, int]) -> None:
        message = message.replace("\r\n", "\n")
        method = message.partition(" ")[0]
        found = re.search(r"branch=([^;\s]+)", message)
        branch = found[1] if found else ""
        if method == "INVITE":
            self.invites.append(time.time())
            self._pending[branch] = (time.time() + self.refuse_after_s, message, peer)
            self._answer(message, 100, peer)
        elif method == "CANCEL":
            self._answer(message, 200, peer)
            if branch in self._pending:
                _, invite, _ = self._pending.pop(branch)
                self._answer(invite, 487, peer)

    def _refuse_due(self) -> None:
        now = time.time()
        for branch, (at, invite, peer) in list(self._pending.items()):
            if at <= now:
                del self._pending[branch]
                self._answer(invite, self.status, peer)

    def _answer(self, request: str, status: int, peer: tuple[str, int]) -> None:
        lines = [f"SIP/2.0 {status} Because", *_ECHOED.findall(request), "Content-Length: 0", "", ""]
        tagged = [line + ";tag=polite" if line.startswith("To: ") and status > 100 else line for line in lines]
        self.socket.sendto("\r\n".join(tagged).encode(), peer)


@contextmanager
def polite_carrier(*, refuse_after_s: float, status: int = 503) -> Iterator[PoliteCarrier]:
    """A carrier that says 100, then refuses; or 487 where it is cancelled before."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        carrier = PoliteCarrier(sock, refuse_after_s, status)
        thread = threading.Thread(target=carrier.run)
        thread.start()
        try:
            yield carrier
        finally:
            carrier.stop()
            thread.join(timeout=5)
