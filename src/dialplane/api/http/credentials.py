"""Credentials of requests, and a cache of the actors that they authenticate."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, NamedTuple

from starlette.requests import cookie_parser
from starlette.types import Scope

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError
from dialplane.api.http.query import query_of
from dialplane.control.actor import Actor
from dialplane.control.login.credentials import looks_like_accesskey

MAX_TOKEN = 4096
CONSOLE_HEADER = "X-Dialplane-Console"
"""What changes something by a browser's session carries it: no form or link of another page can set a header."""

CACHE_S = 1.0
MAX_CACHED = 4096


class Credential(NamedTuple):
    """One credential as it was sent; `is_accesskey` or else a session's JWT.

    `is_browsers`: a session's in a cookie that `POST /auth/session` has set.
    """

    is_accesskey: bool
    token: str
    is_browsers: bool = False


_NAMES = (("token", False), ("accesskey", True))
"""Name of a query parameter or a cookie, and whether it holds an access key."""


def credentials_of(scope: Scope, *, from_query: bool) -> list[Credential]:
    """All credentials that the request carries, each once; cookies only if there is no other.

    Raises ApiError 401 for a form that none of ours has.
    """
    found: dict[Credential, None] = {}
    for name, value in scope["headers"]:
        if name == b"authorization":
            found[_bearer(value)] = None
    if from_query:
        query = query_of(scope)
        for name, is_accesskey in _NAMES:
            if name in query:
                found[Credential(is_accesskey, _token(query[name]))] = None
    return list(found) or list(dict.fromkeys(_of_cookies(scope)))


def session_cookie(scope: Scope) -> str:
    """The name of a browser's session; over HTTPS one that no other host can set (RFC 6265bis, section 4.1.3.2)."""
    return "__Host-dialplane" if scope["scheme"] == "https" else "dialplane"


def _of_cookies(scope: Scope) -> Iterator[Credential]:
    """None from a browser that sends the request for another site's page (cross-site request forgery)."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    if _is_of_own_page(headers):
        cookies = cookie_parser(headers.get(b"cookie", ""))
        if token := cookies.get(session_cookie(scope)):
            yield Credential(False, _token(token), is_browsers=True)
            return
        for name, is_accesskey in _NAMES:
            if name in cookies:
                yield Credential(is_accesskey, _token(cookies[name]))


def _is_of_own_page(headers: Mapping[bytes, str]) -> bool:
    """By Sec-Fetch-Site, which no page can set; browsers send it to HTTPS and to this machine, Origin everywhere else.

    The proxy before HTTPS may put a name of its own in Host, so that Origin would not match.
    """
    if (site := headers.get(b"sec-fetch-site")) is not None:
        return site in ("none", "same-origin")
    origin = headers.get(b"origin")
    return origin is None or origin.partition("://")[2].lower() == headers.get(b"host", "").lower()


def _bearer(value: bytes) -> Credential:
    scheme, _, token = value.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise ApiError(reasons.INVALID_CREDENTIALS)
    token = _token(token.strip())
    return Credential(looks_like_accesskey(token), token)


def _token(token: str) -> str:
    if not token or len(token) > MAX_TOKEN or not token.isascii():
        raise ApiError(reasons.INVALID_CREDENTIALS)
    return token


class ActorCache:
    """Actors by credential, for CACHE_S: a busy client costs one database look-up a second.

    `clear` must follow every change of agents, access keys and customers. A change by another control node takes
    effect after CACHE_S.
    """

    def __init__(self) -> None:
        self._actors: OrderedDict[Credential, tuple[float, Actor]] = OrderedDict()
        self._looked_up: dict[Credential, asyncio.Task[Actor]] = {}

    def find(self, credential: Credential) -> Actor | None:
        until, actor = self._actors.get(credential, (0.0, None))
        return actor if time.monotonic() < until else None

    def last(self, credential: Credential) -> Actor | None:
        """The actor that these were last, whether or not they still are."""
        return self._actors.get(credential, (0.0, None))[1]

    async def obtain(self, credential: Credential, look_up: Callable[[], Coroutine[Any, Any, Actor]]) -> Actor:
        """The actor by one look-up for all requests that want it now, kept unless the cache is cleared meanwhile.

        Raises what `look_up` raises.
        """
        task = self._looked_up.get(credential)
        if task is None:
            task = self._looked_up[credential] = asyncio.ensure_future(look_up())
            task.add_done_callback(lambda ended: self._keep(credential, ended))
        return await asyncio.shield(task)

    def _keep(self, credential: Credential, task: "asyncio.Task[Actor]") -> None:
        is_outdated = self._looked_up.get(credential) is not task
        if not is_outdated:
            del self._looked_up[credential]
        if task.cancelled() or task.exception() is not None or is_outdated:
            return
        self._actors[credential] = (time.monotonic() + CACHE_S, task.result())
        if len(self._actors) > MAX_CACHED:
            self._actors.popitem(last=False)

    def clear(self) -> None:
        self._actors.clear()
        self._looked_up.clear()
