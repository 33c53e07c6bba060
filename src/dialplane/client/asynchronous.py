"""The async client: the same nouns and verbs as the blocking one."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import IO, Any, Generic, Self, TypeVar, cast

import httpx2

from dialplane.client import answers, request
from dialplane.client.blocking import Tagged
from dialplane.client.connection import connection_options, json_of, sendable
from dialplane.client.errors import ApiError, error_of, unreachable
from dialplane.client.request import LARGEST_PAGE, ApiRequest
from dialplane.client.retries import Retries

T = TypeVar("T")


class AsyncClient:
    """Talks to one API as one person or key. Every method raises ApiError. Close it, or use it in `async with`."""

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        timeout_s: float = 10.0,
        retries: Retries | None = None,
    ) -> None:
        self._http = httpx2.AsyncClient(**connection_options(base_url, token=token, timeout_s=timeout_s))
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._retries = retries or Retries()
        self.routes: AsyncResource[answers.Route] = AsyncResource(self, "routes")
        self.providers: AsyncResource[answers.Provider] = AsyncResource(self, "providers")
        self.customers: AsyncResource[answers.Customer] = AsyncResource(self, "customers")
        self.trunks: AsyncResource[answers.Trunk] = AsyncResource(self, "trunks")
        self.accesskeys: AsyncResource[answers.AccessKey] = AsyncResource(self, "accesskeys")
        self.agents: AsyncResource[answers.Agent] = AsyncResource(self, "agents")
        self.calls: AsyncReadable[answers.Call] = AsyncReadable(self, "calls")
        self.edges: AsyncReadable[answers.Edge] = AsyncReadable(self, "edges")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def login(self, username: str, password: str) -> answers.Login:
        """Log in; later requests carry the token."""
        answer = cast(answers.Login, await self.ask(request.login(username, password)))
        self._http.headers["Authorization"] = f"Bearer {answer['token']}"
        return answer

    async def me(self) -> answers.Agent:
        """Who this client is."""
        return cast(answers.Agent, await self.ask(request.get("/v1.0/me")))

    async def customer(self) -> answers.Customer:
        """The caller's own customer."""
        return cast(answers.Customer, await self.ask(request.get("/v1.0/customer")))

    async def dialroutes(self, customer_id: str, number: str, *, explain: bool = False) -> Any:
        """The ordered routes that a call of this customer to this number would take."""
        asked = request.get("/v1.0/dialroutes", customer_id=customer_id, target=number, explain=explain or None)
        return await self.ask(asked)

    async def provider_health(self, provider_id: str) -> answers.ProviderHealth:
        """Each edge's view of a provider."""
        asked = request.get(f"/v1.0/providers/{provider_id}/health")
        return cast(answers.ProviderHealth, await self.ask(asked))

    async def stats(self, by: str, **window: str | int | None) -> answers.StatsWindow:
        """Figures by `providers`, `routes`, `targets` or `customers`; `since`, `until` and filters narrow them."""
        return cast(answers.StatsWindow, await self.ask(request.stats(by, window)))

    async def ready(self) -> bool:
        """Whether the API says that it can serve."""
        try:
            await self.send(request.get("/readyz"))
        except ApiError:
            return False
        return True

    async def post_events(
        self, edge: str, events: list[Mapping[str, Any]], *, agent: Mapping[str, Any] | None = None
    ) -> int:
        """Hand in events of an edge, and how its agent is; how many were taken."""
        return int((await self.ask(request.events(edge, events, agent)))["accepted"])

    async def download_feed(self, into: IO[bytes], *, since: int, epoch: str, wait_s: int, edge: str) -> None:
        """One feed response as it came, for `read_feed`. A stream that broke off is found there, by its end line."""
        asked = request.feed(since=since, epoch=epoch, wait_s=wait_s, edge=edge)
        built = sendable(self._http, asked, timeout_s=self._timeout_s + wait_s)
        try:
            response = await self._http.send(built, stream=True)
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

    async def ask(self, asked: ApiRequest) -> Any:
        """Send and decode."""
        return json_of(await self.send(asked))

    async def send(self, asked: ApiRequest) -> httpx2.Response:
        """Send, again where that is safe and worth it. Raises ApiError."""
        tried = 0
        while True:
            tried += 1
            outcome = await self._try(asked)
            if not isinstance(outcome, ApiError):
                return outcome
            wait_s = self._retries.wait_s(asked, tried=tried, error=outcome)
            if wait_s is None:
                raise outcome
            await asyncio.sleep(wait_s)

    async def _try(self, asked: ApiRequest) -> httpx2.Response | ApiError:
        try:
            response = await self._http.send(sendable(self._http, asked))
        except httpx2.HTTPError as error:
            return unreachable(self._base_url, error)
        return response if response.is_success else error_of(response)


class AsyncReadable(Generic[T]):
    """The reading verbs of a noun."""

    def __init__(self, client: AsyncClient, noun: str) -> None:
        self._client = client
        self._noun = noun

    async def list(
        self, *, page_size: int = LARGEST_PAGE, page_token: str | None = None, **filters: Any
    ) -> answers.Page[T]:
        """One page, newest first."""
        asked = request.list_(self._noun, page_size=page_size, page_token=page_token, filters=filters)
        return cast(answers.Page[T], await self._client.ask(asked))

    async def all(self, *, page_size: int = LARGEST_PAGE, **filters: Any) -> AsyncIterator[T]:
        """Every object, page by page."""
        token: str | None = None
        while token != "":
            page = await self.list(page_size=page_size, page_token=token, **filters)
            for item in page["result"]:
                yield item
            token = page["next_page_token"]

    async def get(self, id_: str) -> T:
        """The object, also a deleted one."""
        return (await self.get_tagged(id_)).object

    async def get_tagged(self, id_: str) -> Tagged[T]:
        """The object with its ETag."""
        response = await self._client.send(request.get(f"/v1.0/{self._noun}/{id_}"))
        return Tagged(cast(T, json_of(response)), response.headers.get("etag", ""))


class AsyncResource(AsyncReadable[T]):
    """All verbs of a noun. Each answers the whole object."""

    async def create(self, *, idempotency_key: str | None = None, **fields: Any) -> T:
        """A new object."""
        return cast(T, await self._client.ask(request.create(self._noun, fields, idempotency_key=idempotency_key)))

    async def update(self, id_: str, *, if_match: str | None = None, **fields: Any) -> T:
        """Change the named fields and leave the rest."""
        return cast(T, await self._client.ask(request.update(self._noun, id_, fields, if_match=if_match)))

    async def delete(self, id_: str, *, force: bool = False, if_match: str | None = None) -> T:
        """Delete; again answers the same object."""
        return cast(T, await self._client.ask(request.delete(self._noun, id_, force=force, if_match=if_match)))
