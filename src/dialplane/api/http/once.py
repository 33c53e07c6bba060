"""Idempotency-Key: a POST that is sent again gets the first answer again, and does nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.asking import Asks
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.query import CREDENTIALS, query_of
from dialplane.control import idempotency
from dialplane.control.actor import Actor
from dialplane.control.idempotency import Kept
from dialplane.control.units import Change
from dialplane.domain.errors import InvalidValue

HEADER = "Idempotency-Key"

_KEPT_HEADERS = ("etag", "x-revision")


class _Stored(msgspec.Struct):
    """What is kept of an answer besides its status."""

    headers: dict[str, str]
    body: str


class Attempted:
    """The request's key, or none; asked within the change that the request makes."""

    def __init__(self, actor: Actor, request: Request, key: str) -> None:
        self._actor = actor
        self._request = request
        self._key = key
        self._fingerprint = ""

    async def get_ready(self) -> None:
        """What takes a while for a body of many megabytes, before the unit is opened."""
        if self._key:
            self._fingerprint = await asyncio.to_thread(self._read_fingerprint)

    async def before(self, unit: Change) -> Response | None:
        """The answer that was given before, or None. Before anything is done in the unit. Raises KeyReused."""
        if not self._key:
            return None
        kept = await idempotency.find(unit, self._actor, self._key, self._fingerprint or self._read_fingerprint())
        if kept is None:
            return None
        stored = msgspec.json.decode(kept.answer, type=_Stored)
        return Response(
            stored.body,
            kept.status,
            media_type="application/json",
            headers={**stored.headers, "Idempotent-Replay": "true"},
        )

    async def keep(self, unit: Change, made: Response) -> Response:
        """The answer itself, kept with the change."""
        if self._key:
            headers = {name: made.headers[name] for name in _KEPT_HEADERS if name in made.headers}
            stored = msgspec.json.encode(_Stored(headers, bytes(made.body).decode())).decode()
            kept = Kept(made.status_code, stored)
            await idempotency.keep(unit, self._actor, self._key, self._fingerprint or self._read_fingerprint(), kept)
        return made

    def _read_fingerprint(self) -> str:
        """Of method, path, query and body; the credentials may differ."""
        scope = self._request.scope
        query = {name: value for name, value in query_of(scope).items() if name not in CREDENTIALS}
        body: bytes = scope.get("dialplane.body", b"")
        return idempotency.fingerprint_of(
            scope["method"].encode(), scope["path"].encode(), msgspec.json.encode(sorted(query.items())), body
        )


async def _once(request: Request, asks: Asks) -> AsyncIterator[Attempted]:
    given = request.headers.getlist(HEADER)
    if not given:
        yield Attempted(asks.actor, request, "")
        return
    key = _parse(given)
    with asks.services.keys_in_use.using(asks.actor, key):
        yield Attempted(asks.actor, request, key)


def _parse(given: list[str]) -> str:
    try:
        if len(given) == 1:
            return idempotency.parse_key(given[0])
    except InvalidValue:
        pass
    message = f"must be given once, 1 to {idempotency.MAX_KEY} printable ASCII characters"
    raise ApiError(reasons.INVALID_REQUEST_HEADER, details=[Detail(HEADER, "invalid_key", message)]) from None


Once = Annotated[Attempted, Depends(_once)]
