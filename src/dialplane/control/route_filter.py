"""What a filter of routes means: its words, and the conditions that they are in a list of routes."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from dialplane.control import named
from dialplane.control.actor import Actor
from dialplane.control.units import Unit
from dialplane.domain import filter as typed
from dialplane.domain.filter import Term, Word, parse_filter
from dialplane.domain.route import EXPIRING, MAX_PRIORITY, STATES
from dialplane.domain.texts import parse_choice
from dialplane.store.queries.routes import Filters

_IS = (*STATES, EXPIRING)
_TARGETS = ("+44", "+44*", "all")
_AGES = ("<1h", "<1d", "<7d", ">30d")

WORDS: Sequence[Word] = (
    Word(name="provider", kind="provider", parse=typed.names, says="to this provider, or one of several with commas"),
    Word(name="customer", kind="customer", parse=typed.names, says="of this customer, or one of several with commas"),
    Word(name="target", parse=typed.target, says="with this target, or one that begins so", values=_TARGETS),
    Word(name="covers", parse=typed.number, says="whose target matches this number", values=("+442071234567",)),
    Word(
        name="priority",
        parse=typed.span(0, MAX_PRIORITY),
        says="of this priority, or in this range",
        values=("1", "<3", ">=3", "2..4"),
    ),
    Word(name="is", parse=partial(parse_choice, field="", among=_IS), says="that are so now", values=_IS),
    Word(name="updated", parse=typed.age, says="made or changed in this time", values=_AGES),
    Word(name="created", parse=typed.age, says="made in this time", values=_AGES),
)
"""The words of a filter of routes. Text alone is what a name or a target begins with, or 8 characters of an id."""

LIKE = "provider:bics -customer:acme target:+44* is:live"
"""An example."""


async def meant(unit: Unit, actor: Actor, text: str, filters: Filters) -> Filters:
    """These filters with those of a text. Raises InvalidValue, Unavailable."""
    for number, term in enumerate(parse_filter(text, WORDS), 1):
        filters = filters.plus(*await _condition(unit, actor, number, term, filters.now), is_not=term.is_not)
    return filters


async def _condition(unit: Unit, actor: Actor, number: int, term: Term, now: int) -> tuple[str, Any]:
    """A field of Filters, and its value."""
    if term.word in _FIELDS:
        return _FIELDS[term.word], await named.ids(unit, actor, number, term)
    return _CONDITIONS[term.word](term.value, now)


_FIELDS = {"provider": "provider_ids", "customer": "customer_ids"}
_CONDITIONS: Mapping[str, Callable[[Any, int], tuple[str, Any]]] = {
    "": lambda text, _now: ("text", text),
    "target": lambda text, _now: ("target_prefix", text[:-1]) if text.endswith("*") else ("target", text),
    "covers": lambda number, _now: ("covers", number),
    "priority": lambda span, _now: ("priority", span[0]) if span[0] == span[1] else ("priorities", span),
    "is": lambda word, _now: ("state", word),
    "updated": lambda age, now: ("changed", age.period(now)),
    "created": lambda age, now: ("created", age.period(now)),
}
"""Word -> value, and the instant now (us) -> the field of Filters, and its value."""
