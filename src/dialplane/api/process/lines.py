"""Lines of a log, written in batches by a thread of their own: who logs waits for no reader of the log."""

import threading
import time
from collections import deque
from contextlib import suppress
from typing import BinaryIO

GATHER_S = 0.05
"""How long a line waits for others at most: each batch takes the interpreter from whoever answers requests."""

MOST_WAITING = 50_000
"""Lines that may wait for a reader that does not read; beyond them who logs waits with it."""

LOOK_AGAIN_S = 0.01


class Lines:
    """A binary stream of whole lines. `close` writes all that was given before."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._waiting: deque[bytes] = deque()
        self._is_awake = False
        self._is_closed = False
        self._wake = threading.Semaphore(0)
        self._writer = threading.Thread(target=self._write_batches, name="dialplane-log", daemon=True)
        self._writer.start()

    def write(self, line: bytes) -> int:
        """Takes one line; from any thread. Without a lock: appending to a deque is one step of the interpreter."""
        while len(self._waiting) >= MOST_WAITING and self._writer.is_alive():
            time.sleep(LOOK_AGAIN_S)
        self._waiting.append(line)
        if not self._is_awake:
            self._is_awake = True
            self._wake.release()
        if self._is_closed:
            self.close()
        return len(line)

    def flush(self) -> None:
        """Nothing: the writer does that in its time."""

    def close(self) -> None:
        """Returns when everything is written. May be called again."""
        self._is_closed = True
        self._wake.release()
        self._writer.join()
        self._put_out()

    def _write_batches(self) -> None:
        while not self._is_closed:
            self._wake.acquire()
            if not self._is_closed:
                time.sleep(GATHER_S)
            self._is_awake = False  # before it looks: who comes after this wakes it again
            self._put_out()

    def _put_out(self) -> None:
        batch: list[bytes] = []
        with suppress(IndexError):  # where another thread, at the end, takes them too
            for _ in range(len(self._waiting)):
                batch.append(self._waiting.popleft())
        if batch:
            with suppress(OSError):  # a full disk or a reader that is gone: requests are answered without a log
                self._out.write(b"".join(batch))
                self._out.flush()
