"""Rounds: each subject takes the same calls in turn, again and again, so that what disturbs one disturbs all."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.load import Placed
from bench.subjects import Subject

LEAST_GOOD = 0.995
"""Of the calls of a round; else it was a disturbance that was measured, and the round does not count."""


@dataclass
class Result:
    """What each round of one subject came to, by the number of the round; those that count."""

    cpu_ms: dict[int, float] = field(default_factory=dict)
    per_second: dict[int, float] = field(default_factory=dict)
    left_out: int = 0

    def add(self, number: int, placed: Placed, cpu_s: float) -> None:
        """Take a round into account, or leave it out."""
        if placed.good < placed.calls * LEAST_GOOD:
            self.left_out += 1
            return
        self.cpu_ms[number] = cpu_s * 1000 / placed.calls
        self.per_second[number] = placed.calls / placed.seconds


def take_turns(
    subjects: Sequence[Subject],
    rounds: int,
    folder: Path,
    place: Callable[[Subject, Path, int], Placed],
    *,
    longest_s: float,
) -> Mapping[str, Result]:
    """Each subject's result. The order is turned round by round, so that none always follows the same other.

    `place` places the calls of a round, by its number; round 0 warms up and does not count. None begins after
    `longest_s`: on a busy machine there are fewer.
    """
    results = {subject.name: Result() for subject in subjects}
    ends_at = time.monotonic() + longest_s
    for number in range(rounds + 1):
        if time.monotonic() > ends_at:
            break
        start = number % len(subjects)
        for subject in (*subjects[start:], *subjects[:start]):
            before = subject.cpu_s()
            placed = place(subject, folder / f"round-{number}-{subject.port}", number)
            if number:
                results[subject.name].add(number, placed, subject.cpu_s() - before)
    return results


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median over the rounds, and the least and the greatest."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, these: Mapping[int, float], those: Mapping[int, float]) -> "Ratio | None":
        """Round by round; None where no round of both counts."""
        ratios = sorted(these[number] / those[number] for number in these.keys() & those.keys())
        return cls(statistics.median(ratios), ratios[0], ratios[-1]) if ratios else None

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.greatest:.2f})"
