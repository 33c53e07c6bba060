"""Rate limits: requests of one actor, and failed logins of a user name, of an address, and of both together."""

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Hashable
from ipaddress import ip_network

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError
from dialplane.system.windows import Windows

MOST_KNOWN = 10_000
"""Names with addresses that they have logged in from, and their callers; those of longest ago are forgotten."""


class RateLimits:
    """The limits of one API process, counted in memory. Failed logins are counted by the minute."""

    def __init__(
        self,
        *,
        login_failures_per_minute: int,
        address_login_failures_per_minute: int,
        name_login_failures_per_minute: int,
        requests_per_second: int,
    ) -> None:
        self._failures = Windows()
        self._of_name_at_address = login_failures_per_minute
        self._of_address = address_login_failures_per_minute
        self._of_name = name_login_failures_per_minute
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._requests_per_second = requests_per_second
        self._second = 0
        self._requests: Counter[tuple[str, str]] = Counter()

    def admit_request(self, *, kind: str, id_: str) -> None:
        """Before an actor's request is carried out. Raises ApiError 429."""
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._requests = second, Counter()
        self._requests[kind, id_] += 1
        if self._requests[kind, id_] > self._requests_per_second:
            raise _limited(wait_s=1)

    def admit_login(self, *, username: str, address: str) -> None:
        """Before a password is hashed. Counts the try as a failure until `login_succeeded`. Raises ApiError 429.

        Counted beforehand, so that a burst of concurrent guesses does not slip through while the first is hashed.
        """
        for key, most in self._counted(username, address):
            if self._failures.add(key) > most:
                raise _limited(wait_s=max(1, math.ceil(self._failures.left_s(key))))

    def login_succeeded(self, *, username: str, address: str, caller: str) -> None:
        """Take back the failures counted for this name at this address, which is known from now on as this caller's."""
        self.login_not_tried(username=username, address=address)
        origin = origin_of(address)
        self._failures.clear((username, origin))
        self._known[username, origin] = caller
        self._known.move_to_end((username, origin))
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def login_not_tried(self, *, username: str, address: str) -> None:
        """Take back one failure: the password was not looked at."""
        for key, _ in self._counted(username, address):
            self._failures.take_back(key)

    def _counted(self, username: str, address: str) -> list[tuple[Hashable, int]]:
        """Keys that a failed login counts for, and how many each may have."""
        origin = origin_of(address)
        of_name: list[tuple[Hashable, int]] = [(("name", username, ""), self._of_name)]
        return [
            ((username, origin), self._of_name_at_address),
            (origin, self._of_address),
            *(of_name if self.known_caller(username=username, address=address) is None else []),
        ]

    def known_caller(self, *, username: str, address: str) -> str | None:
        """Whose name this is, if it has logged in from this address: guessers elsewhere do not keep it out."""
        return self._known.get((username, origin_of(address)))


def origin_of(address: str) -> str:
    """Who is taken for one caller without credentials: an address, of IPv6 the /64, which is one network's (RFC 4291,
    section 2.5.4).
    """
    return str(ip_network(f"{address}/64", strict=False)) if ":" in address else address


def _limited(*, wait_s: int) -> ApiError:
    return ApiError(reasons.RATE_LIMIT_EXCEEDED, headers={"Retry-After": str(wait_s)})
