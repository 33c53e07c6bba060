"""Rate limits: how often one caller may ask, and how often a password may be guessed."""

import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError


class Throttle:
    """The limits of one API process; counts are kept in memory and are this process's own."""

    def __init__(
        self, *, login_failures_per_minute: int, address_login_failures_per_minute: int, requests_per_second: int
    ) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._name_at_address = RateLimitItemPerMinute(login_failures_per_minute, namespace="login")
        self._address = RateLimitItemPerMinute(address_login_failures_per_minute, namespace="address")
        self._requests_per_second = requests_per_second
        self._second = 0
        self._requests: dict[tuple[str, str], int] = {}

    async def admit_login(self, *, username: str, address: str) -> None:
        """Before a password is hashed. Counts the try as a failure until `login_succeeded`. Raises ApiError 429.

        Counted beforehand, so that a burst of concurrent guesses does not slip through while the first is hashed.
        """
        await self._hit(self._name_at_address, username, address)
        await self._hit(self._address, address)

    async def login_succeeded(self, *, username: str, address: str) -> None:
        """Takes the counted failures of this name at this address back."""
        await self._limiter.clear(self._name_at_address, username, address)
        await self._limiter.hit(self._address, address, cost=-1)

    def admit_request(self, *, kind: str, id_: str) -> None:
        """Before an authenticated request is carried out. Raises ApiError 429.

        Counted by the second of the clock, in a few steps: this is done for every request there is.
        """
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._requests = second, {}
        asked = self._requests[kind, id_] = self._requests.get((kind, id_), 0) + 1
        if asked > self._requests_per_second:
            raise _refused(wait_s=1)

    async def _hit(self, limit: RateLimitItem, *who: str) -> None:
        if not await self._limiter.hit(limit, *who):
            stats = await self._limiter.get_window_stats(limit, *who)
            raise _refused(wait_s=max(1, math.ceil(stats.reset_time - time.time())))


def _refused(*, wait_s: int) -> ApiError:
    return ApiError(reasons.RATE_LIMIT_EXCEEDED, headers={"Retry-After": str(wait_s)})
