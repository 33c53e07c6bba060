# Generated from asynchronous/client.py by `python -m tools.generate_client`, not edited by hand.
"""The blocking client: the API's operations, with login, readiness and the download of a feed."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from dialplane.client import operations, schemas
from dialplane.client.blocking.api import Api
from dialplane.client.blocking.transport import Transport
from dialplane.client.connection import Sink
from dialplane.client.errors import ApiError
from dialplane.client.operation import Operation
from dialplane.client.retries import Retries

T = TypeVar("T")


class Client(Api):
    """One API as one person or access key. Every method raises ApiError. Close it, or use it in `with`.

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
        transport = Transport(
            base_url, token=token, timeout_s=timeout_s, retries=retries or Retries(), tells_clock=tells_clock
        )
        super().__init__(transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def execute(
        self, operation: Operation[T], arguments: Mapping[str, Any] = {}, body: Mapping[str, Any] | None = None
    ) -> T:
        """The answer of any operation of `operations`, with its parameters by their names on the wire."""
        return self._transport.execute(operation, arguments, body)

    def login(self, username: str, password: str) -> schemas.LoginAnswer:
        """Log in; later requests carry the token."""
        answer = self.auth.login(username, password)
        self._transport.authorize(answer["token"])
        return answer

    def ready(self) -> bool:
        """Whether the API says that it can serve."""
        try:
            self.readyz()
        except ApiError:
            return False
        return True

    def download_feed(self, into: Sink, *, since: int, epoch: str, wait_s: int, edge: str) -> None:
        """One feed response as it comes, for `read_feed`, which also detects a stream that broke off."""
        arguments = {"since": since, "epoch": epoch, "wait": wait_s, "edge": edge}
        self._transport.download(operations.FOLLOW_FEED, arguments, into=into, wait_s=wait_s)
