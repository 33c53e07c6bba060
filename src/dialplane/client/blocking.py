"""The blocking client."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Generic, NamedTuple, Self, TypeVar, cast

import httpx2

from dialplane.client import answers, request
from dialplane.client.connection import connection_options, json_of, sendable
from dialplane.client.errors import ApiError, error_of, unreachable
from dialplane.client.feed import Change, FeedHead, read_feed, split_lines
from dialplane.client.request import LARGEST_PAGE, ApiRequest
from dialplane.client.retries import Retries

T = TypeVar("T")


class Tagged(NamedTuple, Generic[T]):
    """An object and the ETag for an If-Match."""

    object: T
    etag: str


class Client:
    """Talks to one API as one person or key. Every method raises ApiError. Close it, or use it in a `with`."""

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        timeout_s: float = 10.0,
        retries: Retries | None = None,
    ) -> None:
        self._http = httpx2.Client(**connection_options(base_url, token=token, timeout_s=timeout_s))
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._retries = retries or Retries()
        self.routes: Resource[answers.Route] = Resource(self, "routes")
        self.providers: Resource[answers.Provider] = Resource(self, "providers")
        self.customers: Resource[answers.Customer] = Resource(self, "customers")
        self.trunks: Resource[answers.Trunk] = Resource(self, "trunks")
        self.accesskeys: Resource[answers.AccessKey] = Resource(self, "accesskeys")
        self.agents: Resource[answers.Agent] = Resource(self, "agents")
        self.calls: Readable[answers.Call] = Readable(self, "calls")
        self.edges: Readable[answers.Edge] = Readable(self, "edges")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def login(self, username: str, password: str) -> answers.Login:
        """Log in; later requests carry the token."""
        answer = cast(answers.Login, self.ask(request.login(username, password)))
        self._http.headers["Authorization"] = f"Bearer {answer['token']}"
        return answer

    def me(self) -> answers.Agent:
        """Who this client is."""
        return cast(answers.Agent, self.ask(request.get("/v1.0/me")))

    def customer(self) -> answers.Customer:
        """The caller's own customer."""
        return cast(answers.Customer, self.ask(request.get("/v1.0/customer")))

    def dialroutes(self, customer_id: str, number: str, *, explain: bool = False) -> Any:
        """The ordered routes that a call of this customer to this number would take."""
        asked = request.get("/v1.0/dialroutes", customer_id=customer_id, target=number, explain=explain or None)
        return self.ask(asked)

    def provider_health(self, provider_id: str) -> answers.ProviderHealth:
        """Each edge's view of a provider."""
        asked = request.get(f"/v1.0/providers/{provider_id}/health")
        return cast(answers.ProviderHealth, self.ask(asked))

    def stats(self, by: str, **window: str | int | None) -> answers.StatsWindow:
        """Figures by `providers`, `routes`, `targets` or `customers`; `since`, `until` and filters narrow them."""
        return cast(answers.StatsWindow, self.ask(request.stats(by, window)))

    def ready(self) -> bool:
        """Whether the API says that it can serve."""
        try:
            self.send(request.get("/readyz"))
        except ApiError:
            return False
        return True

    def post_events(self, edge: str, events: list[Mapping[str, Any]], *, agent: Mapping[str, Any] | None = None) -> int:
        """Hand in events of an edge, and how its agent is; how many were taken."""
        return int(self.ask(request.events(edge, events, agent))["accepted"])

    @contextmanager
    def feed(
        self, *, since: int, epoch: str = "", wait_s: int = 0, edge: str = ""
    ) -> Iterator[tuple[FeedHead, Iterator[Change]]]:
        """Changes since a revision, streamed. The iterator raises FeedTruncated where the stream breaks off."""
        asked = request.feed(since=since, epoch=epoch, wait_s=wait_s, edge=edge)
        built = sendable(self._http, asked, timeout_s=self._timeout_s + wait_s)
        try:
            response = self._http.send(built, stream=True)
        except httpx2.HTTPError as error:
            raise unreachable(self._base_url, error) from error
        try:
            if not response.is_success:
                response.read()
                raise error_of(response)
            yield read_feed(split_lines(self._chunks(response)))
        finally:
            response.close()

    def ask(self, asked: ApiRequest) -> Any:
        """Send and decode."""
        return json_of(self.send(asked))

    def send(self, asked: ApiRequest) -> httpx2.Response:
        """Send, again where that is safe and worth it. Raises ApiError."""
        tried = 0
        while True:
            tried += 1
            outcome = self._try(asked)
            if not isinstance(outcome, ApiError):
                return outcome
            wait_s = self._retries.wait_s(asked, tried=tried, error=outcome)
            if wait_s is None:
                raise outcome
            time.sleep(wait_s)

    def _try(self, asked: ApiRequest) -> httpx2.Response | ApiError:
        try:
            response = self._http.send(sendable(self._http, asked))
        except httpx2.HTTPError as error:
            return unreachable(self._base_url, error)
        return response if response.is_success else error_of(response)

    def _chunks(self, response: httpx2.Response) -> Iterator[bytes]:
        try:
            yield from response.iter_bytes()
        except httpx2.HTTPError as error:
            raise unreachable(self._base_url, error) from error


class Readable(Generic[T]):
    """The reading verbs of a noun."""

    def __init__(self, client: Client, noun: str) -> None:
        self._client = client
        self._noun = noun

    def list(self, *, page_size: int = LARGEST_PAGE, page_token: str | None = None, **filters: Any) -> answers.Page[T]:
        """One page, newest first."""
        asked = request.list_(self._noun, page_size=page_size, page_token=page_token, filters=filters)
        return cast(answers.Page[T], self._client.ask(asked))

    def all(self, *, page_size: int = LARGEST_PAGE, **filters: Any) -> Iterator[T]:
        """Every object, page by page."""
        token: str | None = None
        while token != "":
            page = self.list(page_size=page_size, page_token=token, **filters)
            yield from page["result"]
            token = page["next_page_token"]

    def get(self, id_: str) -> T:
        """The object, also a deleted one."""
        return self.get_tagged(id_).object

    def get_tagged(self, id_: str) -> Tagged[T]:
        """The object with its ETag."""
        response = self._client.send(request.get(f"/v1.0/{self._noun}/{id_}"))
        return Tagged(cast(T, json_of(response)), response.headers.get("etag", ""))


class Resource(Readable[T]):
    """All verbs of a noun. Each answers the whole object."""

    def create(self, *, idempotency_key: str | None = None, **fields: Any) -> T:
        """A new object."""
        return cast(T, self._client.ask(request.create(self._noun, fields, idempotency_key=idempotency_key)))

    def update(self, id_: str, *, if_match: str | None = None, **fields: Any) -> T:
        """Change the named fields and leave the rest."""
        return cast(T, self._client.ask(request.update(self._noun, id_, fields, if_match=if_match)))

    def delete(self, id_: str, *, force: bool = False, if_match: str | None = None) -> T:
        """Delete; again answers the same object."""
        return cast(T, self._client.ask(request.delete(self._noun, id_, force=force, if_match=if_match)))
