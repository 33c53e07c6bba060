"""The breakers of this edge: a provider whose calls fail one after the other is tried last, until one gets through.

closed     the provider stands where the routes put it
open       `failures` attempts in a row came to nothing: it stands last for `open_s`
half_open  after that, one attempt is made in the provider's old place; it closes the breaker or opens it again. While
           that trial is not decided, there is one more each `open_s`

A trial is given out where an attempt is about to be sent, never where a call is only decided: most calls lead
elsewhere, or are answered before.

State lies in Kamailio's shared memory, by provider, hostname and transport: a provider that moves begins anew.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from dialplane.domain.provider import Provider
from dialplane.edge.sip import Sip
from dialplane.engine import failover
from dialplane.eventlog.writer import EventLog

BREAKERS = "breakers"
CLOSED = "closed"
OPEN = "open"
HALF_OPEN = "half_open"

_TIMEOUT = 408
_LIST = "list"
_NONE: frozenset[str] = frozenset()
_FAILURES = (failover.TRANSPORT_ERROR, failover.NO_RESPONSE, failover.NO_PROGRESS)


@dataclass(frozen=True, slots=True)
class BreakerRule:
    """`failures` in a row open a breaker, for `open_s` seconds. 0 failures: there are no breakers."""

    failures: int
    open_s: int


class Breakers:
    """`now_s` is a clock that all workers share and nobody sets."""

    def __init__(self, sip: Sip, log: EventLog, rule: BreakerRule, *, now_s: Callable[[], float]) -> None:
        self._sip = sip
        self._log = log
        self._rule = rule
        self._now_s = now_s

    def open_ones(self, provider_of: Callable[[str], Provider | None], *, may_try: bool = True) -> Collection[str]:
        """The ids of the providers that a call is to try last. Those of which a trial is due are not among them.

        They are where the call may not try: its outcome will not be known here.
        """
        return {
            key.partition("@")[0]
            for key in self._listed()
            if self._is_where_it_was(key, provider_of) and not (may_try and self._is_due(key))
        }

    def admits(self, provider_id: str, uri: str) -> bool:
        """Whether an attempt at this URI may be made before others are; of those that find a trial due, one may."""
        key = _key(provider_id, uri)
        return key not in self._listed() or self._is_trial(key)

    def ended(self, provider_id: str, uri: str, outcome: failover.Outcome, *, has_rung: bool = False) -> None:
        """What an attempt, sent to this URI, came to.

        Every status but a 5xx shows a carrier at work; so does a 408, once a phone has rung.
        """
        if not self._rule.failures or outcome == failover.CANCELLED:
            return
        key = _key(provider_id, uri)
        is_silence = outcome in _FAILURES or (outcome == _TIMEOUT and not has_rung)
        if is_silence or (isinstance(outcome, int) and 500 <= outcome < 600):
            self._count(key, outcome)
        elif self._sip.counted(BREAKERS, f"failures {key}"):
            self._forgive(key, outcome)

    def _listed(self) -> Collection[str]:
        """The keys of all breakers that are not closed."""
        text = self._sip.get(BREAKERS, _LIST) if self._rule.failures else None
        return text.split(",") if text else _NONE

    def _is_where_it_was(self, key: str, provider_of: Callable[[str], Provider | None]) -> bool:
        provider_id, _, where = key.partition("@")
        provider = provider_of(provider_id)
        if provider is not None and where == _where(provider):
            return True
        self._close(key, "it is no longer where it was")
        return False

    def _is_due(self, key: str) -> bool:
        state, since_s = self._state(key)
        return state == CLOSED or self._now_s() - since_s >= self._rule.open_s

    def _is_trial(self, key: str) -> bool:
        with self._sip.locked(BREAKERS, _LIST):
            if not self._is_due(key):
                return False
            state, _ = self._state(key)
            if state != CLOSED:
                self._set(key, HALF_OPEN)
        if state == OPEN:
            self._tell(key, HALF_OPEN, "one call tries it")
        return True

    def _count(self, key: str, outcome: failover.Outcome) -> None:
        count = self._sip.count(BREAKERS, f"failures {key}")
        if count < self._rule.failures:
            return
        with self._sip.locked(BREAKERS, _LIST):
            state, _ = self._state(key)
            if state == OPEN:
                return
            self._set(key, OPEN)
            self._list(lambda keys: keys | {key})
        self._tell(key, OPEN, f"{count} attempts in a row failed, the last with {outcome}")

    def _forgive(self, key: str, outcome: failover.Outcome) -> None:
        self._sip.forget(BREAKERS, f"failures {key}")
        if self._state(key)[0] != CLOSED:
            self._close(key, f"an attempt ended with {outcome}")

    def _close(self, key: str, detail: str) -> None:
        with self._sip.locked(BREAKERS, _LIST):
            if self._state(key)[0] == CLOSED:
                return
            for name in (f"state {key}", f"failures {key}"):
                self._sip.forget(BREAKERS, name)
            self._list(lambda keys: keys - {key})
        self._tell(key, CLOSED, detail)

    def _state(self, key: str) -> tuple[str, float]:
        """The state, and since when in seconds."""
        state, _, since = (self._sip.get(BREAKERS, f"state {key}") or f"{CLOSED} 0").partition(" ")
        return state, float(since)

    def _set(self, key: str, state: str) -> None:
        self._sip.put(BREAKERS, f"state {key}", f"{state} {self._now_s():.3f}")

    def _list(self, change: Callable[[set[str]], set[str]]) -> None:
        self._sip.put(BREAKERS, _LIST, ",".join(sorted(change(set(self._listed())))))

    def _tell(self, key: str, state: str, detail: str) -> None:
        provider_id, _, where = key.partition("@")
        self._log.provider_breaker(provider_id, hostname=where.partition(";")[0], state=state, detail=detail)


def _key(provider_id: str, uri: str) -> str:
    return f"{provider_id}@{uri.partition('@')[2]}"


def _where(provider: Provider) -> str:
    """The part of an attempt's URI that says where it goes; see `engine.egress`."""
    return provider.hostname + ("" if provider.transport == "udp" else f";transport={provider.transport}")
