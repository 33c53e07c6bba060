"""Connection options, requests for httpx2, and decoding of answers, shared by both clients."""

import ipaddress
from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, cast

import httpx2

from dialplane.client.errors import UNEXPECTED_ANSWER, ApiError
from dialplane.client.operation import Operation
from dialplane.client.request import ApiRequest
from dialplane.system.clock import now_us

T = TypeVar("T")


class Tagged(NamedTuple, Generic[T]):
    """An object and the ETag for an If-Match."""

    object: T
    etag: str


class Sink(Protocol):
    """What an answer is written into as it comes: a file, for one."""

    def write(self, chunk: bytes, /) -> object:
        """Take one more piece."""


def connection_options(base_url: str, *, token: str | None, timeout_s: float) -> dict[str, Any]:
    """Keyword arguments of httpx2's clients. A proxy of the environment is not used for a loopback API.

    Nor are the system's certificates loaded for one without TLS: that takes a tenth of a second of each command.
    """
    url = httpx2.URL(base_url)
    is_local = is_loopback(url.host)
    headers = {"User-Agent": "dialplane-client", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return {
        "base_url": base_url,
        "headers": headers,
        "timeout": httpx2.Timeout(timeout_s),
        "verify": url.scheme != "http" or not is_local,
        "trust_env": not is_local,
        "follow_redirects": False,
    }


def is_loopback(host: str) -> bool:
    """Whether the host is this machine by its loopback address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


CLOCK = "X-Dialplane-Clock"
"""The header with the instant (us) at which a request was sent by this machine's clock."""


def sendable(
    http: httpx2.Client | httpx2.AsyncClient,
    request: ApiRequest,
    *,
    timeout_s: float | None = None,
    tells_clock: bool = False,
) -> httpx2.Request:
    """The HTTP request; a body is JSON. `timeout_s` takes the place of the connection's."""
    headers = {**request.headers, CLOCK: str(now_us())} if tells_clock else dict(request.headers)
    options: dict[str, Any] = {"params": dict(request.params) or None, "headers": headers}
    if request.body is not None:
        options["json"] = dict(request.body)
    if timeout_s is not None:
        options["timeout"] = httpx2.Timeout(timeout_s)
    return http.build_request(request.method, request.path, **options)


def answer_of(operation: Operation[T], response: httpx2.Response) -> T:
    """The decoded body of a success. Raises ApiError if it is not JSON where JSON is due."""
    if operation.answer is str:
        return cast(T, response.text)
    try:
        return cast(T, response.json())
    except ValueError:
        raise ApiError(
            "the answer is not JSON: is this the address of a Dialplane API?",
            http_status=response.status_code,
            status="",
            reason=UNEXPECTED_ANSWER,
        ) from None


def tagged(operation: Operation[T], response: httpx2.Response) -> Tagged[T]:
    """The decoded body with the answer's ETag."""
    return Tagged(answer_of(operation, response), response.headers.get("etag", ""))


def without_none(**fields: Any) -> Mapping[str, Any]:
    """A request body of the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}
