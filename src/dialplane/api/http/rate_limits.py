"""Rate limits: requests of one actor, and failed logins of a user name, of an address, and of both together."""

import math
import time
from collections import Counter, OrderedDict
from ipaddress import ip_network

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError

MOST_KNOWN = 10_000
"""Names with addresses that they have logged in from; those of longest ago are forgotten."""


class RateLimits:
    """The limits of one API process: fixed windows, counted in memory."""

    def __init__(
        self,
        *,
        login_failures_per_minute: int,
        address_login_failures_per_minute: int,
        name_login_failures_per_minute: int,
        requests_per_second: int,
    ) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._username = RateLimitItemPerMinute(login_failures_per_minute, namespace="login")
        self._address = RateLimitItemPerMinute(address_login_failures_per_minute, namespace="address")
        self._name = RateLimitItemPerMinute(name_login_failures_per_minute, namespace="name")
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._requests_per_second = requests_per_second
        self._second = 0
        self._requests: Counter[tuple[str, str]] = Counter()

    def admit_request(self, *, kind: str, id_: str) -> None:
        """Before an actor's request is carried out. Raises ApiError 429.

        Counted here: the library's memory storage starts a task for each hit, which looks at every key there is. That
        was 26 us of 310 us for a short request (measured).
        """
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._requests = second, Counter()
        self._requests[kind, id_] += 1
        if self._requests[kind, id_] > self._requests_per_second:
            raise _limited(wait_s=1)

    async def admit_login(self, *, username: str, address: str) -> None:
        """Before a password is hashed. Counts the try as a failure until `login_succeeded`. Raises ApiError 429.

        Counted beforehand, so that a burst of concurrent guesses does not slip through while the first is hashed.
        """
        origin = origin_of(address)
        await self._hit(self._username, username, origin)
        await self._hit(self._address, origin)
        if not self.is_known(username=username, address=address):
            await self._hit(self._name, username)

    async def login_succeeded(self, *, username: str, address: str) -> None:
        """Take back the failures counted for this name at this address, which is known from now on."""
        await self.login_not_tried(username=username, address=address)
        origin = origin_of(address)
        await self._limiter.clear(self._username, username, origin)
        self._known[username, origin] = None
        self._known.move_to_end((username, origin))
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    async def login_not_tried(self, *, username: str, address: str) -> None:
        """Take back one failure: the password was not looked at."""
        origin = origin_of(address)
        await self._limiter.hit(self._username, username, origin, cost=-1)
        await self._limiter.hit(self._address, origin, cost=-1)
        if not self.is_known(username=username, address=address):
            await self._limiter.hit(self._name, username, cost=-1)

    def is_known(self, *, username: str, address: str) -> bool:
        """Whether this name has logged in from this address: guessers elsewhere do not keep it out."""
        return (username, origin_of(address)) in self._known

    async def _hit(self, limit: RateLimitItem, *identifiers: str) -> None:
        if not await self._limiter.hit(limit, *identifiers):
            window = await self._limiter.get_window_stats(limit, *identifiers)
            raise _limited(wait_s=max(1, math.ceil(window.reset_time - time.time())))


def origin_of(address: str) -> str:
    """Who is taken for one caller without credentials: an address, of IPv6 the /64, which is one network's (RFC 4291,
    section 2.5.4).
    """
    return str(ip_network(f"{address}/64", strict=False)) if ":" in address else address


def _limited(*, wait_s: int) -> ApiError:
    return ApiError(reasons.RATE_LIMIT_EXCEEDED, headers={"Retry-After": str(wait_s)})
