"""What a filter of a list means, for kinds of which there are not many: words, and the conditions that these are.

Text alone is a part of what such an object is searched by, or of its detail; or 8 characters of an id.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from dialplane.control import named
from dialplane.control.actor import Actor
from dialplane.control.units import Unit
from dialplane.domain import accesskey, customer
from dialplane.domain import filter as typed
from dialplane.domain.filter import Word, parse_filter
from dialplane.domain.permission import EDGE, PERMISSIONS
from dialplane.domain.provider import TRANSPORTS
from dialplane.domain.region import parse_region
from dialplane.domain.texts import parse_choice
from dialplane.store.queries.lists import DISABLED, ENABLED, Condition

_AGES = ("<1h", "<1d", "<7d", ">30d")
_TIMES = (
    Word(name="updated", parse=typed.age, says="made or changed in this time", values=_AGES),
    Word(name="created", parse=typed.age, says="made in this time", values=_AGES),
)
_CUSTOMER = Word(
    name="customer", kind="customer", parse=typed.names, says="of this customer, or one of several with commas"
)


def _one_of(name: str, says: str, *words: str) -> Word:
    return Word(name=name, parse=partial(parse_choice, field="", among=words), says=says, values=words)


_are = partial(_one_of, "is", "that are so now")
_may = partial(_one_of, "role", "with this role")

WORDS: Mapping[str, Sequence[Word]] = {
    "customer": (_are(customer.ACTIVE, customer.FROZEN), *_TIMES),
    "provider": (_are(ENABLED, DISABLED), _one_of("transport", "that are reached by this", *TRANSPORTS), *_TIMES),
    "trunk": (
        _CUSTOMER,
        _are(ENABLED, DISABLED),
        Word(name="region", parse=parse_region, says="whose numbers are of this country", values=("DE", "GB", "US")),
        *_TIMES,
    ),
    "accesskey": (
        _CUSTOMER,
        _may(*PERMISSIONS),
        _are(*accesskey.STATES),
        Word(name="edge", parse=typed.unquoted, says="of this edge", values=()),
        Word(name="expires", parse=typed.age, says="that expire in this time", values=("<14d", "<30d", ">30d")),
        *_TIMES,
    ),
    "agent": (_CUSTOMER, _may(*(role for role in PERMISSIONS if role != EDGE)), *_TIMES),
}
"""Kind -> the words of a filter of its list."""

LIKE: Mapping[str, str] = {
    "customer": "-is:frozen created:<30d",
    "provider": "-is:disabled transport:tls",
    "trunk": "-customer:acme is:enabled 198.51.100.",
    "accesskey": "is:expiring -role:edge",
    "agent": "role:customer_admin -customer:acme",
}
"""Kind -> an example of such a filter."""

_CONDITIONS: Mapping[str, Callable[[Any, int], tuple[str, Any]]] = {
    "": lambda text, _now: ("text", text),
    "is": lambda word, _now: ("state", word),
    "role": lambda role, _now: ("permission", role),
    "transport": lambda transport, _now: ("transport", transport),
    "region": lambda region, _now: ("default_region", region),
    "edge": lambda edge, _now: ("edge", edge),
    "expires": lambda age, now: ("tm_expire", age.coming(now)),
    "updated": lambda age, now: ("changed", age.period(now)),
    "created": lambda age, now: ("tm_create", age.period(now)),
}
"""Word -> value, and the instant now (us) -> the name and value of a condition."""


async def meant(unit: Unit, actor: Actor, kind: str, text: str, *, now: int) -> Sequence[Condition]:
    """The conditions that a text is. Raises InvalidValue, Unavailable."""
    found = list[Condition]()
    for number, term in enumerate(parse_filter(text, WORDS[kind]), 1):
        if term.word == _CUSTOMER.name:
            name, value = "customer_id", await named.ids(unit, actor, number, term)
        else:
            name, value = _CONDITIONS[term.word](term.value, now)
        found.append(Condition(name, value, term.is_not))
    return found
