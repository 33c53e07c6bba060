"""Sends operations over HTTP, again if that is safe and useful. The one place where the async client waits."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar

import httpx2

from dialplane.client.connection import Sink, Tagged, answer_of, connection_options, sendable, tagged
from dialplane.client.errors import ApiError, error_of, unreachable
from dialplane.client.operation import Operation
from dialplane.client.request import ApiRequest
from dialplane.client.retries import Retries

T = TypeVar("T")


class AsyncTransport:
    """Connections to one API as one person or access key. Every method raises ApiError.

    `arguments` are an operation's parameters by their names on the wire; one that is None is left out.
    """

    def __init__(
        self, base_url: str, *, token: str | None, timeout_s: float, retries: Retries, tells_clock: bool = False
    ) -> None:
        self._http = httpx2.AsyncClient(**connection_options(base_url, token=token, timeout_s=timeout_s))
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._retries = retries
        self._tells_clock = tells_clock

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def authorize(self, token: str) -> None:
        """Later requests carry this token."""
        self._http.headers["Authorization"] = f"Bearer {token}"

    async def execute(
        self, operation: Operation[T], arguments: Mapping[str, Any] = {}, body: Mapping[str, Any] | None = None
    ) -> T:
        """The operation's answer."""
        return answer_of(operation, await self.send(operation.request(arguments, body)))

    async def execute_tagged(self, operation: Operation[T], arguments: Mapping[str, Any]) -> Tagged[T]:
        """The object that the operation answers, with its ETag."""
        return tagged(operation, await self.send(operation.request(arguments)))

    async def execute_paged(self, operation: Operation[Any], arguments: Mapping[str, Any]) -> AsyncIterator[Any]:
        """Every object of a list, page by page."""
        token: str | None = None
        while token != "":
            page = await self.execute(operation, {**arguments, "page_token": token})
            for item in page["result"]:
                yield item
            token = page["next_page_token"]

    async def download(
        self, operation: Operation[str], arguments: Mapping[str, Any], *, into: Sink, wait_s: float
    ) -> None:
        """Write the answer's body as it comes. The API may wait `wait_s` before it answers. Not sent again."""
        request = sendable(
            self._http,
            operation.request(arguments),
            timeout_s=self._timeout_s + wait_s,
            tells_clock=self._tells_clock,
        )
        try:
            response = await self._http.send(request, stream=True)
            try:
                if not response.is_success:
                    await response.aread()
                    raise error_of(response)
                async for chunk in response.aiter_bytes():
                    into.write(chunk)
            finally:
                await response.aclose()
        except httpx2.HTTPError as error:
            raise unreachable(self._base_url, error) from error

    async def send(self, request: ApiRequest) -> httpx2.Response:
        """The response of a success, after as many tries as `retries` allows."""
        tried = 0
        while True:
            tried += 1
            outcome = await self._try(request)
            if not isinstance(outcome, ApiError):
                return outcome
            wait_s = self._retries.wait_s(request, tried=tried, error=outcome)
            if wait_s is None:
                raise outcome
            await asyncio.sleep(wait_s)

    async def _try(self, request: ApiRequest) -> httpx2.Response | ApiError:
        try:
            response = await self._http.send(sendable(self._http, request, tells_clock=self._tells_clock))
        except httpx2.HTTPError as error:
            return unreachable(self._base_url, error)
        return response if response.is_success else error_of(response)
