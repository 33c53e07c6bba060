# Generated from asynchronous/transport.py by `python -m tools.generate_client`, not edited by hand.
"""Sends operations over HTTP, again if that is safe and useful. The one place where the blocking client waits."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import httpx2

from dialplane.client.connection import Sink, Tagged, answer_of, connection_options, sendable, tagged
from dialplane.client.errors import ApiError, error_of, unreachable
from dialplane.client.operation import Operation
from dialplane.client.request import ApiRequest
from dialplane.client.retries import Retries

T = TypeVar("T")


class Transport:
    """Connections to one API as one person or access key. Every method raises ApiError.

    `arguments` are an operation's parameters by their names on the wire; one that is None is left out.
    """

    def __init__(
        self, base_url: str, *, token: str | None, timeout_s: float, retries: Retries, tells_clock: bool = False
    ) -> None:
        self._http = httpx2.Client(**connection_options(base_url, token=token, timeout_s=timeout_s))
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._retries = retries
        self._tells_clock = tells_clock

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def authorize(self, token: str) -> None:
        """Later requests carry this token."""
        self._http.headers["Authorization"] = f"Bearer {token}"

    def execute(
        self, operation: Operation[T], arguments: Mapping[str, Any] = {}, body: Mapping[str, Any] | None = None
    ) -> T:
        """The operation's answer."""
        return answer_of(operation, self.send(operation.request(arguments, body)))

    def execute_tagged(self, operation: Operation[T], arguments: Mapping[str, Any]) -> Tagged[T]:
        """The object that the operation answers, with its ETag."""
        return tagged(operation, self.send(operation.request(arguments)))

    def execute_paged(self, operation: Operation[Any], arguments: Mapping[str, Any]) -> Iterator[Any]:
        """Every object of a list, page by page."""
        token: str | None = None
        while token != "":
            page = self.execute(operation, {**arguments, "page_token": token})
            yield from page["result"]
            token = page["next_page_token"]

    def download(self, operation: Operation[str], arguments: Mapping[str, Any], *, into: Sink, wait_s: float) -> None:
        """Write the answer's body as it comes. The API may wait `wait_s` before it answers. Not sent again."""
        request = sendable(
            self._http,
            operation.request(arguments),
            timeout_s=self._timeout_s + wait_s,
            tells_clock=self._tells_clock,
        )
        try:
            response = self._http.send(request, stream=True)
            try:
                if not response.is_success:
                    response.read()
                    raise error_of(response)
                for chunk in response.iter_bytes():
                    into.write(chunk)
            finally:
                response.close()
        except httpx2.HTTPError as error:
            raise unreachable(self._base_url, error) from error

    def send(self, request: ApiRequest) -> httpx2.Response:
        """The response of a success, after as many tries as `retries` allows."""
        tried = 0
        while True:
            tried += 1
            outcome = self._try(request)
            if not isinstance(outcome, ApiError):
                return outcome
            wait_s = self._retries.wait_s(request, tried=tried, error=outcome)
            if wait_s is None:
                raise outcome
            time.sleep(wait_s)

    def _try(self, request: ApiRequest) -> httpx2.Response | ApiError:
        try:
            response = self._http.send(sendable(self._http, request, tells_clock=self._tells_clock))
        except httpx2.HTTPError as error:
            return unreachable(self._base_url, error)
        return response if response.is_success else error_of(response)
