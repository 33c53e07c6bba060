"""The breakers of this edge, in Kamailio's shared memory; their rule is `engine/breaker.py`.

A breaker belongs to a provider at its hostname and transport: one that moves starts with a new breaker. A trial is
taken where an attempt is about to be sent, never where a call is only decided: most calls lead elsewhere, or are
answered before.
"""

import re
from collections.abc import Callable, Collection

from dialplane.domain.health import CLOSED, OPEN, BreakerState
from dialplane.domain.provider import Provider
from dialplane.edge.sip import Sip
from dialplane.engine.breaker import LONGEST_HOLD_S, TRANSITIONS, BreakerRule, Signal
from dialplane.engine.egress import location
from dialplane.engine.failover import Outcome, is_carrier_failure
from dialplane.eventlog.writer import EventLog

BREAKERS = "breakers"
"""The table: `state <key>` and `failures <key>` of each breaker, and the list of the keys that are not closed."""

_LIST = "list"
_SECONDS = re.compile(r"\d{1,9}(?![\d.])")
_NONE: frozenset[str] = frozenset()


class Breakers:
    """`now_s` is a monotonic clock that all workers share."""

    def __init__(self, sip: Sip, log: EventLog, rule: BreakerRule, *, now_s: Callable[[], float]) -> None:
        self._sip = sip
        self._log = log
        self._rule = rule
        self._now_s = now_s

    def open_providers(self, provider_of: Callable[[str], Provider | None], *, may_try: bool = True) -> Collection[str]:
        """The ids of the providers that a call is to try last.

        Those whose trial is due are not among them, unless the call may make no trial: if its outcome will not be seen
        here (redirect mode).
        """
        return {
            key.partition("@")[0]
            for key in self._not_closed()
            if self._is_current(key, provider_of) and not (may_try and self._is_trial_due(*self._state(key)))
        }

    def admits(self, provider_id: str, uri: str) -> bool:
        """Whether an attempt at this URI may be made at its place; of those for which a trial is due, one may."""
        key = breaker_key(provider_id, uri)
        return key not in self._not_closed() or self._take_trial(key)

    def attempt_ended(self, provider_id: str, uri: str, outcome: Outcome, *, has_rung: bool = False) -> None:
        """Count the outcome of an attempt that was sent to this URI."""
        if not self._rule.failures:
            return
        is_failure = is_carrier_failure(outcome, ringing=has_rung)
        if is_failure is None:
            return
        key = breaker_key(provider_id, uri)
        if is_failure:
            count = self._sip.count(BREAKERS, f"failures {key}")
            if count >= self._rule.failures:
                self.failed(key, count, str(outcome))
        elif self._sip.counted(BREAKERS, f"failures {key}"):
            self.works(key, str(outcome))

    def failed(self, key: str, count: int, outcome: str) -> None:
        """So many attempts in a row have failed as open a breaker."""
        self._signal(key, Signal.FAILURES, f"{count} attempts in a row failed, the last with {outcome}")

    def hold_off(self, key: str, retry_after: str) -> None:
        """A 503 had this Retry-After: no call is sent there at its place before, within bounds."""
        match = _SECONDS.match(retry_after)
        if not self._rule.failures or match is None:
            return
        seconds = min(int(match[0]), LONGEST_HOLD_S)
        if seconds:
            since_s = self._now_s() + seconds - self._rule.open_s
            self._signal(key, Signal.BUSY, f"it said 503 and asks for {seconds} s", since_s=since_s)

    def works(self, key: str, outcome: str) -> None:
        """After failures, an attempt has shown that the carrier works."""
        self._sip.forget(BREAKERS, f"failures {key}")
        self._signal(key, Signal.SUCCESS, f"an attempt ended with {outcome}")

    def is_closed(self, key: str) -> bool:
        """Whether attempts are made where their routes put them."""
        return key not in self._not_closed()

    def _not_closed(self) -> Collection[str]:
        text = self._sip.get(BREAKERS, _LIST) if self._rule.failures else None
        return text.split(",") if text else _NONE

    def _is_current(self, key: str, provider_of: Callable[[str], Provider | None]) -> bool:
        """Whether the provider is still where this breaker saw it; if not, the breaker is closed."""
        provider_id, _, where = key.partition("@")
        provider = provider_of(provider_id)
        if provider is not None and where == location(provider):
            return True
        self._signal(key, Signal.MOVED, "it is no longer where it was")
        return False

    def _is_trial_due(self, state: BreakerState, since_s: float) -> bool:
        return self._rule.is_trial_due(state, for_s=self._now_s() - since_s)

    def _take_trial(self, key: str) -> bool:
        """Whether a trial was due; the next one is not before the breaker's time is over again."""
        with self._sip.locked(BREAKERS, _LIST):
            state, since_s = self._state(key)
            if not self._is_trial_due(state, since_s):
                return False
            after = TRANSITIONS.get((state, Signal.TRIAL))
            if after is not None:
                self._store(key, after)
        if after is not None and after != state:
            self._report(key, after, "one call tries it")
        return True

    def _signal(self, key: str, signal: Signal, detail: str, *, since_s: float | None = None) -> None:
        """Change the breaker as its rule says, and report that. Only a change takes the lock."""
        if (self._state(key)[0], signal) not in TRANSITIONS:
            return
        with self._sip.locked(BREAKERS, _LIST):
            after = TRANSITIONS.get((self._state(key)[0], signal))
            if after is None:
                return
            self._store(key, after, since_s=since_s)
        self._report(key, after, detail)

    def _state(self, key: str) -> tuple[BreakerState, float]:
        """The state, and since when in seconds."""
        state, _, since_s = (self._sip.get(BREAKERS, f"state {key}") or f"{CLOSED} 0").partition(" ")
        return BreakerState(state), float(since_s)

    def _store(self, key: str, state: BreakerState, *, since_s: float | None = None) -> None:
        """Set the state, from now on if not said otherwise; under the lock."""
        if state == CLOSED:
            for name in (f"state {key}", f"failures {key}"):
                self._sip.forget(BREAKERS, name)
            self._store_list({*self._not_closed()} - {key})
            return
        self._sip.put(BREAKERS, f"state {key}", f"{state} {self._now_s() if since_s is None else since_s:.3f}")
        if state == OPEN:
            self._store_list({*self._not_closed(), key})

    def _store_list(self, keys: set[str]) -> None:
        self._sip.put(BREAKERS, _LIST, ",".join(sorted(keys)))

    def _report(self, key: str, state: BreakerState, detail: str) -> None:
        provider_id, _, where = key.partition("@")
        self._log.provider_breaker(provider_id, hostname=where.partition(";")[0], state=state, detail=detail)


def breaker_key(provider_id: str, uri: str) -> str:
    """The key of the breaker of a provider, at the place that the URI of an attempt leads to."""
    return f"{provider_id}@{uri.partition('@')[2]}"
