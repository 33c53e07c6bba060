"""A simulated carrier's behaviour: the steps after an INVITE, and the answers to CANCEL, to the caller and to probes.

`parse_behaviour` reads the text form that the command line and JSON files use: a kind and its parameters, like
`answer ring=1`, `refuse status=486 ring=0.5`, `silent`. The kinds are the table `KINDS`.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dialplane_simulator.digest import Challenge, Credentials


class OnCancel(StrEnum):
    """`accept`: 200 and 487. `answer`: 200 to the CANCEL, then the call is answered all the same. `ignore`: nothing."""

    ACCEPT = "accept"
    ANSWER = "answer"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One response, `after_s` seconds after the step before it (the first: after the INVITE)."""

    status: int
    after_s: float = 0.0
    reason: str = ""
    sdp: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    branch: str = ""
    """Responses of different branches have different To tags, as if the carrier had forked the call."""

    def __post_init__(self) -> None:
        if not 100 <= self.status <= 699 or self.after_s < 0:
            raise ValueError("a step has a status from 100 to 699 and a delay that is not negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """`talk_s`: the carrier hangs up that long after its answer. `options_status`: None leaves OPTIONS unanswered."""

    steps: tuple[Step, ...] = ()
    on_cancel: OnCancel = OnCancel.ACCEPT
    late_s: float = 0.0
    """With `on_cancel` answer: how long after the CANCEL the 200 comes."""
    talk_s: float | None = None
    challenge: Challenge | None = None
    options_status: int | None = 200


TRYING = Step(status=100)
Kind = Callable[..., Behaviour]


def answer(*, after: float = 0.0, ring: float = 0.0, media: bool = False, talk: float | None = None) -> Behaviour:
    """200 after `after` + `ring` seconds; rings in between (183 with SDP if `media`). `talk`: hangs up after it."""
    ringing = Step(status=183, after_s=after, sdp=True) if media else Step(status=180, after_s=after)
    steps = (TRYING, ringing, Step(status=200, after_s=ring, sdp=True))
    return Behaviour(steps=steps if ring or media else (TRYING, replace(steps[2], after_s=after)), talk_s=talk)


def refuse(*, status: int = 503, after: float = 0.0, ring: float = 0.0, reason: str = "") -> Behaviour:
    """A final status of 300 to 699 after `after` + `ring` seconds; rings in between if `ring` is set."""
    ringing = (Step(status=180, after_s=after),) if ring else ()
    last = Step(status=status, after_s=ring if ring else after, reason=reason)
    return Behaviour(steps=(TRYING, *ringing, last))


def silent() -> Behaviour:
    """Nothing at all, not even 100. OPTIONS is answered."""
    return Behaviour()


def dead() -> Behaviour:
    """Nothing at all, OPTIONS included."""
    return Behaviour(options_status=None, on_cancel=OnCancel.IGNORE)


def trying() -> Behaviour:
    """100, and nothing more."""
    return Behaviour(steps=(TRYING,))


def ring(*, after: float = 0.0, media: bool = False) -> Behaviour:
    """Rings for ever (183 with SDP if `media`)."""
    return Behaviour(steps=(TRYING, Step(status=183 if media else 180, after_s=after, sdp=media)))


def late(*, after: float = 0.0, ringing: bool = False) -> Behaviour:
    """Only 100 (and 180 if `ringing`), then an answer `after` seconds after the CANCEL, as if they had crossed."""
    steps = (TRYING, Step(status=180)) if ringing else (TRYING,)
    return Behaviour(steps=steps, on_cancel=OnCancel.ANSWER, late_s=after)


def overslept(*, after: float = 4.0) -> Behaviour:
    """Silent, then 200 after `after` seconds whatever was cancelled meanwhile."""
    return Behaviour(steps=(Step(status=200, after_s=after, sdp=True),), on_cancel=OnCancel.IGNORE)


def redirect(*, to: str, status: int = 302) -> Behaviour:
    """3xx with this Contact."""
    return Behaviour(steps=(TRYING, Step(status=status, headers=(("Contact", f"<{to}>"),))))


def challenge(*, user: str, password: str, status: int = 407, algorithm: str = "MD5", ring: float = 0.0) -> Behaviour:
    """Asks for digest credentials; answers those who have them."""
    challenged = Challenge(credentials=Credentials(user, password), status=status, algorithm=algorithm)
    return replace(answer(ring=ring), challenge=challenged)


def fork(*, ring: float = 0.0) -> Behaviour:
    """Two branches ring, with their own To tags; the second answers."""
    first, second = Step(status=180, branch="a"), Step(status=180, branch="b")
    return Behaviour(steps=(TRYING, first, second, Step(status=200, after_s=ring, sdp=True, branch="b")))


KINDS: Mapping[str, Kind] = {
    kind.__name__: kind
    for kind in (answer, refuse, silent, dead, trying, ring, late, overslept, redirect, challenge, fork)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberPlan:
    """`otherwise` for all numbers but those that end in a key of `by_ending`, or begin with one of `by_beginning`.

    The longest wins, an ending before a beginning.
    """

    otherwise: Behaviour
    by_ending: Mapping[str, Behaviour] = field(default_factory=dict)
    by_beginning: Mapping[str, Behaviour] = field(default_factory=dict)

    def behaviour_for(self, user: str) -> Behaviour:
        """The behaviour for a call whose Request-URI has this user part."""
        if endings := [ending for ending in self.by_ending if user.endswith(ending)]:
            return self.by_ending[max(endings, key=len)]
        beginnings = [beginning for beginning in self.by_beginning if user.startswith(beginning)]
        return self.by_beginning[max(beginnings, key=len)] if beginnings else self.otherwise


def parse_behaviour(text: str) -> Behaviour:
    """The behaviour that `kind name=value ...` describes. Raises ValueError, which names the mistake."""
    kind_name, *pairs = text.split() or [""]
    kind = KINDS.get(kind_name)
    if kind is None:
        raise ValueError(f"a behaviour is one of {', '.join(KINDS)}")
    known = inspect.signature(kind).parameters
    values: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name not in known:
            raise ValueError(f"{kind_name} takes {', '.join(known) or 'no parameters'}, written name=value")
        values[name] = _typed(value, known[name].annotation)
    if missing := [name for name, item in known.items() if item.default is item.empty and name not in values]:
        raise ValueError(f"{kind_name} needs {', '.join(missing)}")
    return kind(**values)


def _typed(text: str, annotation: object) -> object:
    if annotation is bool:
        return text in ("1", "yes", "true")
    if annotation is int:
        return int(text)
    return text if annotation is str else float(text)
