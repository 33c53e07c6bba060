"""What the console chooses from and judges by: words of filters, windows of time, and from where on a figure is low."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dialplane.api.console import edges
from dialplane.api.console.forms import FORMS
from dialplane.api.http.query import MAX_PAGE_SIZE
from dialplane.api.http.responses import timestamp
from dialplane.api.routes.schemas import MOST_IDS, ORDERS
from dialplane.control import call_filter, list_filter, revision_filter, route_filter
from dialplane.control.bulk import MAX_CHANGES
from dialplane.control.permissions import TABLE
from dialplane.domain.accesskey import EXPIRING_US
from dialplane.domain.call import CallStatus, CallVerdict
from dialplane.domain.edge_counters import COUNTERS
from dialplane.domain.filter import PLAIN, TERM, Word
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.instants import DAY_US, NEVER
from dialplane.domain.rollups import HOUR_S, MINUTE_S

POOR_ASR, LOW_ASR = 0.1, 0.4
"""Below these shares of answered calls a figure is marked as bad, and as one to look at: a hint, not a judgement."""


BESIDE_CHANGE_S = 15 * MINUTE_S
"""How long before and after a change its page compares figures."""


class Window(NamedTuple):
    """How far the overview looks back, and in which steps; both in s."""

    seconds: int
    step: int
    label: str


WINDOWS: Mapping[str, Window] = {
    "30m": Window(HOUR_S // 2, MINUTE_S, "30 min"),
    "1h": Window(HOUR_S, MINUTE_S, "1 h"),
    "6h": Window(6 * HOUR_S, 5 * MINUTE_S, "6 h"),
    "24h": Window(24 * HOUR_S, 15 * MINUTE_S, "24 h"),
    "7d": Window(7 * 24 * HOUR_S, HOUR_S, "7 d"),
}
"""The word of it in the page's address -> the window."""

_VERBS = {"create": "created", "update": "changed", "delete": "deleted", "update_own": "changed"}

OPERATION_WORDS: Mapping[str, str] = {
    **{
        f"{kind}.{verb}": f"{form.one.capitalize()} {word}"
        for kind, form in FORMS.items()
        for verb, word in _VERBS.items()
        if f"{kind}.{verb}" in TABLE
    },
    "agent.logout": "Sessions ended",
    "changes.apply": "Several objects changed",
    "job.change_routes": "Many routes changed",
    "revision.undo": "Revision undone",
    "trunk.trust": "Trunk changed",
    "system.prepare": "First start",
}
"""Operation of a revision -> what was done."""

KIND_WORDS: Mapping[str, str] = {kind: form.one for kind, form in FORMS.items()}
"""Kind of object -> its word, for the filter of revisions."""

CALL_STATUSES: Mapping[CallStatus, str] = {
    CallStatus.DIALING: "dialing",
    CallStatus.RINGING: "ringing",
    CallStatus.PROGRESSING: "talking",
    CallStatus.HANGUP: "ended",
}
"""Status of a call, in the contract's words -> in people's."""

CALL_VERDICT_WORDS: Mapping[CallVerdict, str] = {
    CallVerdict.ANSWERED: "answered",
    CallVerdict.SAVED: "saved by failover",
    CallVerdict.UNANSWERED: "not answered",
    CallVerdict.BUSY: "busy",
    CallVerdict.NOANSWER: "no answer",
    CallVerdict.CANCEL: "caller gave up",
    CallVerdict.DIALOUT: "edge gave up",
    CallVerdict.FAILED: "failed",
    CallVerdict.REFUSED: "refused here",
    CallVerdict.LOST: "end never reported",
}
"""Verdict of a call -> its word in the list of calls."""

CONSTANTS: Mapping[str, Any] = {
    "SYSTEM_DEFAULT": SYSTEM_DEFAULT_CUSTOMER,
    "MAX_PAGE_SIZE": MAX_PAGE_SIZE,
    "MAX_CHANGES": MAX_CHANGES,
    "MOST_TICKED": MOST_IDS,
    "POOR_ASR": POOR_ASR,
    "LOW_ASR": LOW_ASR,
    "EXPIRING_DAYS": EXPIRING_US // DAY_US,
    "BESIDE_CHANGE_S": BESIDE_CHANGE_S,
    "WINDOWS": {word: window._asdict() for word, window in WINDOWS.items()},
    "DEFAULT_WINDOW": "1h",
    "UNBOUNDED": {"valid_from": timestamp(0), "valid_until": timestamp(NEVER)},
    "ROUTE_ORDERS": ORDERS,
    "CALL_STATUSES": CALL_STATUSES,
    "CALL_VERDICT_WORDS": CALL_VERDICT_WORDS,
    "KIND_WORDS": KIND_WORDS,
    "OPERATION_WORDS": OPERATION_WORDS,
    "EDGE_COUNTERS": COUNTERS,
    "EDGE_NAME": edges.NAME,
    "EDGE_KEY": edges.key_of("{name}"),
    "EDGE_SIP": edges.EXAMPLE["sip"],
}
"""Name in the console -> value."""


class Filtered(NamedTuple):
    """A list that has a box for filters. `plural`: what it lists; `like`: an example of a filter."""

    plural: str
    like: str
    words: Sequence[Word]


def _of(plural: str, kind: str) -> Filtered:
    return Filtered(plural, list_filter.LIKE[kind], list_filter.WORDS[kind])


LISTS: Mapping[str, Filtered] = {
    "route": Filtered("routes", route_filter.LIKE, route_filter.WORDS),
    "provider": _of("providers", "provider"),
    "customer": _of("customers", "customer"),
    "trunk": _of("trunks", "trunk"),
    "accesskey": _of("keys", "accesskey"),
    "call": Filtered("calls", call_filter.LIKE, call_filter.WORDS),
    "revision": Filtered("changes", revision_filter.LIKE, revision_filter.WORDS),
    "agent": _of("people", "agent"),
}
"""What a list is of -> its filters."""


def _shown(word: Word) -> Mapping[str, Any]:
    return {"name": word.name, "says": word.says, "values": word.values, "kind": word.kind}


FILTERS: Mapping[str, Any] = {
    "TERM": TERM,
    "PLAIN": PLAIN,
    "LISTS": {name: {**list_._asdict(), "words": [*map(_shown, list_.words)]} for name, list_ in LISTS.items()},
}
"""The same for the boxes of filters: expressions of a term and of a value without quotation marks, and words."""

OPERATIONS: Sequence[str] = tuple(TABLE)
"""What a role may be let do."""
