"""Races between what two carriers answer, what an edge gives up and what a caller cancels, drawn by chance."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.sip.races import Behaviour

GIVE_UP_S = 1.0
"""A carrier is given up after a second of silence: the least that a provider may be given."""


@dataclass(frozen=True)
class Race:
    """One call: what the first and the second carrier do, and when the caller cancels."""

    number: str
    first: Behaviour
    second: Behaviour
    cancel_after_s: float | None


def make_races(count: int, seed: int) -> Sequence[Race]:
    """Races whose two decisive things happen within milliseconds of one another."""
    draw = random.Random(seed)
    races = []
    for place in range(count):
        near = GIVE_UP_S + draw.uniform(-0.02, 0.06)
        rings = draw.choice((None, 0.05))
        kind = draw.choice(("both", "both", "late", "cancel", "all late", "forks"))
        first = Behaviour(answers_after_s=near, heeds_cancel=draw.random() < 0.3)
        second = Behaviour(rings_after_s=None, answers_after_s=max(0.0, draw.uniform(-0.02, 0.05)))
        cancel = None
        if kind == "late":
            first = Behaviour(answers_after_s=GIVE_UP_S + draw.uniform(0.1, 2.0), heeds_cancel=False)
        elif kind == "cancel":
            at = draw.uniform(0.1, 0.4)
            first = Behaviour(rings_after_s=rings, answers_after_s=at, heeds_cancel=draw.random() < 0.5)
            cancel = max(0.0, at + draw.uniform(-0.01, 0.01))
        elif kind == "all late":
            second = Behaviour(answers_after_s=GIVE_UP_S + draw.uniform(-0.02, 0.06), heeds_cancel=False)
        elif kind == "forks":
            second = Behaviour(rings_after_s=0.0, answers_after_s=draw.uniform(0, 0.05), forks=2)
        races.append(Race(f"+4930{place:06d}", first, second, cancel))
    return races
