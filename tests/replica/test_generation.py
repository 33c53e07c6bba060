"""Generations of the replica: opened once in a process, whoever uses them."""

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
