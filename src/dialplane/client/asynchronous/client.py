"""The async client: the API's operations, with login, readiness and the download of a feed."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from dialplane.client import operations, schemas
from dialplane.client.asynchronous.api import AsyncApi
from dialplane.client.asynchronous.transport import AsyncTransport
from dialplane.client.connection import Sink
from dialplane.client.errors import ApiError
from dialplane.client.operation import Operation
from dialplane.client.retries import Retries

T = TypeVar("T")


class AsyncClient(AsyncApi):
    """One API as one person or access key. Every method raises ApiError. Close it, or use it in `async with`.

    `tells_clock`: requests say when they were sent, so that the API sees how far this machine's clock is off.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        timeout_s: float = 10.0,
        retries: Retries | None = None,
        tells_clock: bool = False,
    ) -> None:
        transport = AsyncTransport(
            base_url, token=token, timeout_s=timeout_s, retries=retries or Retries(), tells_clock=tells_clock
        )
        super().__init__(transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def execute(
        self, operation: Operation[T], arguments: Mapping[str, Any] = {}, body: Mapping[str, Any] | None = None
    ) -> T:
        """The answer of any operation of `operations`, with its parameters by their names on the wire."""
        return await self._transport.execute(operation, arguments, body)

    async def login(self, username: str, password: str) -> schemas.LoginAnswer:
        """Log in; later requests carry the token."""
        answer = await self.auth.login(username, password)
        self._transport.authorize(answer["token"])
        return answer

    async def ready(self) -> bool:
        """Whether the API says that it can serve."""
        try:
            await self.readyz()
        except ApiError:
            return False
        return True

    async def download_feed(self, into: Sink, *, since: int, epoch: str, wait_s: int, edge: str) -> None:
        """One feed response as it comes, for `read_feed`, which also detects a stream that broke off."""
        arguments = {"since": since, "epoch": epoch, "wait": wait_s, "edge": edge}
        await self._transport.download(operations.FOLLOW_FEED, arguments, into=into, wait_s=wait_s)
