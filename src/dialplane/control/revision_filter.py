"""What a filter of revisions means. Text alone is a part of the author's name, of the address, or of what was done."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from dialplane.control.permissions import TABLE
from dialplane.domain import filter as typed
from dialplane.domain.filter import Word, parse_filter
from dialplane.domain.kinds import KINDS
from dialplane.domain.texts import parse_choice
from dialplane.store.queries.lists import Condition

OPERATIONS: Sequence[str] = (
    *(
        f"{kind}.{verb}"
        for kind in KINDS
        for verb in ("create", "update", "update_own", "delete")
        if f"{kind}.{verb}" in TABLE
    ),
    *("agent.logout", "trunk.trust", "changes.apply", "job.change_routes", "revision.undo", "system.prepare"),
)
"""All that a revision's author may have done."""

_KINDS = tuple(KINDS)

WORDS: Sequence[Word] = (
    Word(name="by", kind="agent", parse=typed.names, says="made by this person or key, or one of several with commas"),
    Word(
        name="kind",
        parse=partial(parse_choice, field="", among=_KINDS),
        says="that changed an object of this kind",
        values=_KINDS,
    ),
    Word(name="did", parse=partial(parse_choice, field="", among=OPERATIONS), says="that did this", values=OPERATIONS),
    Word(name="objects", parse=typed.span(0, 2**31 - 1), says="that changed so many objects", values=("1", ">100")),
    Word(name="made", parse=typed.past, says="made in this time", values=("<1h", "<1d", "<7d", ">30d")),
)
"""The words of a filter of revisions."""

LIKE = "by:dana -kind:route made:<7d"
"""An example."""

_CONDITIONS: Mapping[str, Callable[[Any, int], tuple[str, Any]]] = {
    "": lambda text, _now: ("text", text),
    "by": lambda names, _now: ("actors", tuple(names)),
    "kind": lambda kind, _now: ("kind", kind),
    "did": lambda operation, _now: ("operation", operation),
    "objects": lambda span, _now: ("objects", span),
    "made": lambda past, now: ("made", past.period(now)),
}
"""Word -> value, and the instant now (us) -> the name and value of a condition."""


def meant(text: str, *, now: int) -> Sequence[Condition]:
    """The conditions that a text is. Raises InvalidValue."""
    return [Condition(*_CONDITIONS[term.word](term.value, now), term.is_not) for term in parse_filter(text, WORDS)]
