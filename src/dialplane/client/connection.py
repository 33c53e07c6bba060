"""What both clients share: how the HTTP connection is set up, how a request is built and an answer decoded."""

import ipaddress
from typing import Any

import httpx2

from dialplane.client.errors import UNEXPECTED_ANSWER, ApiError
from dialplane.client.request import ApiRequest


def connection_options(base_url: str, *, token: str | None, timeout_s: float) -> dict[str, Any]:
    """Keyword arguments of httpx2's clients. A proxy of the environment is not used for a loopback API."""
    headers = {"User-Agent": "dialplane-client", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return {
        "base_url": base_url,
        "headers": headers,
        "timeout": httpx2.Timeout(timeout_s),
        "trust_env": not is_loopback(httpx2.URL(base_url).host),
        "follow_redirects": False,
    }


def is_loopback(host: str) -> bool:
    """Whether the host is this machine by its loopback address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def sendable(
    http: httpx2.Client | httpx2.AsyncClient, asked: ApiRequest, *, timeout_s: float | None = None
) -> httpx2.Request:
    """The HTTP request; a body is JSON."""
    options: dict[str, Any] = {"params": dict(asked.params) or None, "headers": dict(asked.headers)}
    if asked.body is not None:
        options["json"] = dict(asked.body)
    if timeout_s is not None:
        options["timeout"] = httpx2.Timeout(timeout_s)
    return http.build_request(asked.method, asked.path, **options)


def json_of(response: httpx2.Response) -> Any:
    """The decoded body of a success. Raises ApiError when it is none of ours."""
    try:
        return response.json()
    except ValueError:
        raise ApiError(
            "the answer is not JSON: is this the address of a Dialplane API?",
            http_status=response.status_code,
            status="",
            reason=UNEXPECTED_ANSWER,
        ) from None
