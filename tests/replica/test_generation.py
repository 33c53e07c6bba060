"""Generations of the replica: opened once in a process, whoever uses them."""

import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dialplane.replica.layout import Generation
from dialplane.replica.writer import ReplicaWriter

THREADS = 4
TURNS = 400


def test_a_generation_that_threads_acquire_and_release_is_never_closed_under_one_of_them(tmp_path: Path) -> None:
    writer = ReplicaWriter(tmp_path)
    writer.replace((), revision=1, epoch="e")
    writer.close()
    path = (tmp_path / "current").resolve()

    def use(_: int) -> int:
        for _ in range(TURNS):
            generation = Generation.acquire(path, readonly=True)
            with generation.environment.begin() as transaction:
                transaction.stat()
            generation.release()
        return TURNS

    with ThreadPoolExecutor(THREADS) as threads:
        used: Iterable[int] = threads.map(use, range(THREADS))
        assert sum(used) == THREADS * TURNS
    assert not Generation._open


_WRITER_AND_READER = """
import sys, threading
import subprocess
import sys
from pathlib import Path
from dialplane.replica.layout import Generation

path = Path(sys.argv[1])
written = Generation.acquire(path, readonly=False)
written.tables(create=True)
is_writing, is_read = threading.Event(), threading.Event()

def write():
    with written.environment.begin(write=True):
        is_writing.set()
        is_read.wait(0.2)

writer = threading.Thread(target=write)
writer.start()
is_writing.wait()
print(len(Generation.acquire(path, readonly=True).tables()))
is_read.set()
writer.join()
"""


def test_tables_are_opened_while_another_thread_writes(tmp_path: Path) -> None:
    """In a process of its own: without a transaction LMDB's open_db would stop all threads of this one for ever."""
    (tmp_path / "table").mkdir()
    program = [sys.executable, "-c", _WRITER_AND_READER, str(tmp_path / "table")]
    assert int(subprocess.run(program, capture_output=True, timeout=30, check=True).stdout) > 0
