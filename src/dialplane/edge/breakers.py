"""The breakers of this edge: a provider whose calls fail one after the other is tried last, until one gets through.

closed     the provider stands where the routes put it
open       `failures` attempts in a row came to nothing: it stands last for `open_s`
half_open  after that, one call finds it in its old place; it closes the breaker or opens it again. While that trial is
           not decided, there is one more each `open_s`

State lies in Kamailio's shared memory, by provider, hostname and transport: a provider that moves begins anew.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from dialplane.domain.provider import Provider
from dialplane.edge.events import EventLog
from dialplane.edge.ksr import Sip
from dialplane.engine import failover

BREAKERS = "breakers"
CLOSED = "closed"
OPEN = "open"
HALF_OPEN = "half_open"

_LIST = "list"
_NONE: frozenset[str] = frozenset()
_FAILURES = (failover.TRANSPORT_ERROR, failover.NO_RESPONSE, failover.NO_PROGRESS)


@dataclass(frozen=True, slots=True)
class BreakerRule:
    """`failures` in a row open a breaker, for `open_s` seconds. 0 failures: there are no breakers."""

    failures: int
    open_s: int


class Breakers:
    """`now_s` is the wall clock's second."""

    def __init__(self, sip: Sip, log: EventLog, rule: BreakerRule, *, now_s: Callable[[], int]) -> None:
        self._sip = sip
        self._log = log
        self._rule = rule
        self._now_s = now_s

    def open_ones(self, provider_of: Callable[[str], Provider | None], *, may_try: bool = True) -> Collection[str]:
        """The ids of the providers to be tried last, for one call. That call may become the trial of others.

        It may not where its outcome will not be known here: such a trial would be lost.
        """
        text = self._sip.get(BREAKERS, _LIST) if self._rule.failures else None
        if not text:
            return _NONE
        return {key.partition("@")[0] for key in text.split(",") if self._holds(key, provider_of, may_try)}

    def ended(self, provider_id: str, uri: str, outcome: failover.Outcome) -> None:
        """What an attempt, sent to this URI, came to: every status but a 5xx shows a carrier at work."""
        if not self._rule.failures or outcome == failover.CANCELLED:
            return
        key = f"{provider_id}@{uri.partition('@')[2]}"
        if outcome in _FAILURES or (isinstance(outcome, int) and 500 <= outcome < 600):
            self._count(key, outcome)
        elif self._sip.counted(BREAKERS, f"failures {key}"):
            self._forgive(key, outcome)

    def _holds(self, key: str, provider_of: Callable[[str], Provider | None], may_try: bool) -> bool:
        provider_id, _, where = key.partition("@")
        provider = provider_of(provider_id)
        if provider is None or where != _where(provider):
            self._close(key, "it is no longer where it was")
            return False
        _, since_s = self._state(key)
        return self._now_s() - since_s < self._rule.open_s or not (may_try and self._is_trial(key))

    def _is_trial(self, key: str) -> bool:
        """Whether this call is to be the trial; of several workers that ask at once, one gets it."""
        with self._sip.locked(BREAKERS, _LIST):
            state, since_s = self._state(key)
            if self._now_s() - since_s < self._rule.open_s:
                return False
            self._set(key, HALF_OPEN)
        if state != HALF_OPEN:
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

    def _state(self, key: str) -> tuple[str, int]:
        """The state, and since which second."""
        state, _, since = (self._sip.get(BREAKERS, f"state {key}") or f"{CLOSED} 0").partition(" ")
        return state, int(since)

    def _set(self, key: str, state: str) -> None:
        self._sip.put(BREAKERS, f"state {key}", f"{state} {self._now_s()}")

    def _list(self, change: Callable[[set[str]], set[str]]) -> None:
        keys = change(set(filter(None, (self._sip.get(BREAKERS, _LIST) or "").split(","))))
        self._sip.put(BREAKERS, _LIST, ",".join(sorted(keys)))

    def _tell(self, key: str, state: str, detail: str) -> None:
        self._log.provider_breaker(key.partition("@")[0], state=state, detail=detail)


def _where(provider: Provider) -> str:
    """The part of an attempt's URI that says where it goes; see `engine.egress`."""
    return provider.hostname + ("" if provider.transport == "udp" else f";transport={provider.transport}")
