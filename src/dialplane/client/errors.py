"""The client's one exception: the API refused, failed or gave no answer."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx2

from dialplane.domain.errors import DialplaneError

UNREACHABLE = "UNREACHABLE"
UNEXPECTED_ANSWER = "UNEXPECTED_ANSWER"


class ApiError(DialplaneError):
    """The API refused, failed or gave no answer.

    `http_status` is None when no answer came (`reason` is then UNREACHABLE); `status`, `reason`, `request_id` and
    `details` are those of the error envelope; `retry_after_s` is set if the answer had a Retry-After.
    """

    def __init__(
        self,
        message: str,
        *,
        http_status: int | None,
        status: str,
        reason: str,
        request_id: str = "",
        details: Sequence[Mapping[str, Any]] = (),
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{reason}: {message}")
        self.message = message
        self.http_status = http_status
        self.status = status
        self.reason = reason
        self.request_id = request_id
        self.details = tuple(details)
        self.retry_after_s = retry_after_s


def unreachable(base_url: str, cause: Exception) -> ApiError:
    """No answer: refused, reset, timed out, or not HTTP."""
    why = str(cause) or type(cause).__name__
    return ApiError(f"no answer from {base_url} ({why})", http_status=None, status="UNAVAILABLE", reason=UNREACHABLE)


def error_of(response: httpx2.Response) -> ApiError:
    """The error of a response that was read: 4xx, 5xx, or a redirect, which the API never sends."""
    error = _envelope(response)
    return ApiError(
        str(error.get("message") or f"the answer was {response.status_code} without an error envelope"),
        http_status=response.status_code,
        status=str(error.get("status", "")),
        reason=str(error.get("reason") or UNEXPECTED_ANSWER),
        request_id=str(error.get("request_id") or response.headers.get("x-request-id", "")),
        details=_details(error.get("details")),
        retry_after_s=_retry_after_s(response),
    )


def _envelope(response: httpx2.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _details(value: Any) -> Sequence[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _retry_after_s(response: httpx2.Response) -> float | None:
    """Seconds only: the API never sends the date form of RFC 9110 section 10.2.3."""
    text: str = response.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdecimal() else None
