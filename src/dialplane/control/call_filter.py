"""What a filter of calls means: its words, and the conditions that they are in a list of calls.

Text alone is a number or the beginning of one, a caller, a Call-ID, or 8 characters of an id.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from dialplane.control import named
from dialplane.control.actor import Actor
from dialplane.control.units import Unit
from dialplane.domain import filter as typed
from dialplane.domain.call import MOST_ATTEMPTS, CallStatus, CallVerdict
from dialplane.domain.errors import InvalidValue
from dialplane.domain.filter import FIELD, Word, parse_filter
from dialplane.domain.instants import NEVER
from dialplane.domain.texts import parse_choice
from dialplane.store.queries.calls import Filters

_NUMBER = re.compile(r"(\+[1-9][0-9]{0,14})(\*?)|\*([0-9]{1,15})")
_DIGITS = re.compile(r"\+?[1-9][0-9]{0,14}")

STATES: Mapping[str, CallStatus] = {
    "dialing": CallStatus.DIALING,
    "ringing": CallStatus.RINGING,
    "talking": CallStatus.PROGRESSING,
    "ended": CallStatus.HANGUP,
}
"""Word after `is:` -> the status of the contract."""

_VERDICTS = tuple(CallVerdict)


def _number(value: str) -> tuple[str, str]:
    """The filter that it is, and its value."""
    found = _NUMBER.fullmatch(value)
    if found is None:
        raise InvalidValue(FIELD, "invalid_number", "must be like +442071234567, +44* or *4567")
    whole, begins, end = found.groups()
    return ("number_suffix", end) if end else ("number_prefix" if begins else "number", whole)


WORDS: Sequence[Word] = (
    Word(name="number", parse=_number, says="to this number, or one that begins or ends so", values=("+44*", "*4567")),
    Word(name="provider", kind="provider", parse=typed.names, says="with an attempt to this provider, or one of these"),
    Word(name="customer", kind="customer", parse=typed.names, says="of this customer, or one of several with commas"),
    Word(name="trunk", kind="trunk", parse=typed.names, says="that came in by this trunk, or one of these"),
    Word(name="caller", parse=typed.unquoted, says="from this caller", values=()),
    Word(name="is", parse=partial(parse_choice, field="", among=STATES), says="that are so now", values=tuple(STATES)),
    Word(
        name="verdict",
        parse=partial(parse_choice, field="", among=_VERDICTS),
        says="of which this became",
        values=_VERDICTS,
    ),
    Word(
        name="attempts",
        parse=typed.span(0, MOST_ATTEMPTS),
        says="with so many INVITEs to carriers",
        values=(">=2", "0", "1..3"),
    ),
    Word(name="reason", parse=typed.unquoted, says="whose reason holds this text", values=("503", "timeout")),
    Word(name="edge", parse=typed.unquoted, says="of this edge", values=()),
    Word(name="callid", parse=typed.unquoted, says="whose INVITE had this Call-ID", values=()),
    Word(name="started", parse=typed.past, says="that began in this time", values=("<15m", "<1h", "<1d", ">7d")),
)
"""The words of a filter of calls."""

LIKE = "provider:bics -customer:acme number:+44* verdict:saved started:<1h"
"""An example."""

_NAMED = {"provider": "providers", "customer": "customers", "trunk": "trunks"}
_ONE = {"providers": "provider_id", "customers": "customer_id", "trunks": "trunk_id"}
"""Condition -> the filter that it is where it names one object."""

_CONDITIONS: Mapping[str, Callable[[Any, int], tuple[str, Any]]] = {
    "": lambda text, _now: _of_text(text),
    "number": lambda condition, _now: condition,
    "caller": lambda caller, _now: ("caller", caller),
    "is": lambda word, _now: ("status", STATES[word]),
    "verdict": lambda word, _now: ("verdict", CallVerdict(word)),
    "attempts": lambda span, _now: ("attempts", span),
    "reason": lambda text, _now: ("reason", text),
    "edge": lambda edge, _now: ("edge", edge),
    "callid": lambda id_, _now: ("sip_call_id", id_),
    "started": lambda past, now: ("started", past.period(now)),
}
"""Word -> value, and the instant now (us) -> the name of a filter or of another condition, and its value."""


def _of_text(text: str) -> tuple[str, Any]:
    if _DIGITS.fullmatch(text):
        return "number_prefix", f"+{text.removeprefix('+')}"
    return "text", text


async def meant(unit: Unit, actor: Actor, text: str, filters: Filters, *, now: int) -> Filters:
    """These filters with those of a text. Raises InvalidValue, Unavailable."""
    for number, term in enumerate(parse_filter(text, WORDS), 1):
        if term.word in _NAMED:
            name, value = _NAMED[term.word], await named.ids(unit, actor, number, term)
        else:
            name, value = _CONDITIONS[term.word](term.value, now)
        for condition in [(name, value)] if term.is_not else _indexed(filters, name, value):
            filters = filters.plus(*condition, is_not=term.is_not)
    return filters


def _indexed(filters: Filters, name: str, value: Any) -> Sequence[tuple[str, Any]]:
    """The same as filters to which an index leads, if there are such that are not in use."""
    found: Sequence[tuple[str, Any]] = ()
    if name in _ONE and len(value) == 1:
        found = [(_ONE[name], value[0])]
    elif name == "started":
        since, until = value
        found = [*([("started_from", since)] if since else []), *([("started_until", until)] if until < NEVER else [])]
    is_free = found and all(getattr(filters, one) is None for one, _ in found)
    return found if is_free else [(name, value)]
