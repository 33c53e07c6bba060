"""Whether a request is sent again, and after how long. Pure: the transports do the waiting."""

from dataclasses import dataclass

from dialplane.client.errors import ApiError
from dialplane.client.request import ApiRequest
from dialplane.system.backoff import doubled_s


@dataclass(frozen=True, slots=True)
class Retries:
    """At most `tries` sends of one request; `first_wait_s` doubles up to `longest_wait_s`.

    A Retry-After longer than `longest_wait_s` is not waited for: the error goes to the caller, who can.
    """

    tries: int = 3
    first_wait_s: float = 0.2
    longest_wait_s: float = 5.0

    def wait_s(self, request: ApiRequest, *, tried: int, error: ApiError) -> float | None:
        """Seconds until the next try after `tried` of them, or None to give up."""
        if tried >= self.tries or not _is_worth_it(request, error):
            return None
        if error.retry_after_s is not None:
            return error.retry_after_s if error.retry_after_s <= self.longest_wait_s else None
        return doubled_s(tried, first_s=self.first_wait_s, longest_s=self.longest_wait_s)


def _is_worth_it(request: ApiRequest, error: ApiError) -> bool:
    if error.http_status == 429:
        return True  # refused before anything was done, so safe for every method
    return request.idempotent and error.http_status in (None, 502, 503, 504)


NO_RETRIES = Retries(tries=1)
