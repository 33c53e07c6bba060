"""A TCP connection that can be cut and mended, as a network does it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Cuttable:
    """Takes connections on `port` and carries them to `target`, unless it is cut."""

    def __init__(self, listener: socket.socket, target: tuple[str, int]) -> None:
        self._listener = listener
        self._target = target
        self._is_cut = False
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self.port: int = listener.getsockname()[1]

    def cut(self) -> None:
        """Close everything, and whatever comes from now on."""
        with self._lock:
            self._is_cut = True
            for part in self._open:
                with suppress(OSError):
                    part.shutdown(socket.SHUT_RDWR)
            self._open.clear()

    def mend(self) -> None:
        """Carry connections again."""
        with self._lock:
            self._is_cut = False

    def serve(self) -> None:
        """Until the listener is closed."""
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.socket() as far, suppress(OSError):
            with self._lock:
                if self._is_cut:
                    return
                self._open += [near, far]
            far.connect(self._target)
            back = threading.Thread(target=_pump, args=(far, near), daemon=True)
            back.start()
            _pump(near, far)
            back.join(5)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    for part in (source, target):
        with suppress(OSError):
            part.shutdown(socket.SHUT_RDWR)


@contextmanager
def cuttable(target: tuple[str, int]) -> Iterator[Cuttable]:
    """One such connection, closed at the end."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        connection = Cuttable(listener, target)
        thread = threading.Thread(target=connection.serve)
        thread.start()
        try:
            yield connection
        finally:
            connection.cut()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
