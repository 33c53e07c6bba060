"""`GET /v1.0/export`: newline-delimited JSON of one snapshot."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Any

import msgspec
from starlette.responses import Response

from dialplane.api.export.schemas import PRESENTERS, ExportQuery
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.streamed import NDJSON, Streamed, read_in_time
from dialplane.control import export
from dialplane.control.export import Begin
from dialplane.control.units import EXPORTS
from dialplane.system.turns import in_turns

EXPORT = Resource("/v1.0/export", tag="export")

_DESCRIPTION = """Newline-delimited JSON. The first line is `{"kind", "revision"}`, then one object on each line, as
lists have it, in the order of their creation, and last `{"end", "count"}`: one that lacks its last line is not whole
(an error, or a client that reads less than 32 kB a second).
All of it is one snapshot, of that revision, which is in `X-Revision`, too."""

_encoder = msgspec.json.Encoder()


@EXPORT.endpoint(
    "GET",
    summary="Export all objects of a kind",
    description=_DESCRIPTION,
    permission="export.read",
    media_type=NDJSON,
    work=EXPORTS,
)
async def export_objects(request: AuthenticatedRequest, query: ExportQuery) -> Response:
    parts = export.parts(request.services.db, request.actor, query.kind, query.filters(), text=query.filter or "")
    begin = await anext(parts)
    assert isinstance(begin, Begin)
    head = _lines([{"kind": query.kind, "revision": begin.revision}])
    revision = {"X-Revision": str(begin.revision)}
    return Streamed(head, read_in_time(_chunks(parts, query.kind, begin)), media_type=NDJSON, headers=revision)


async def _chunks(parts: AsyncGenerator[export.Part], kind: str, begin: Begin) -> AsyncGenerator[bytes, None]:
    count, present = 0, PRESENTERS[kind]
    async with aclosing(parts):
        async for objects in parts:
            count += len(objects)
            yield _lines(await in_turns(objects, present))
        yield _lines([{"end": begin.revision, "count": count}])


def _lines(shown: Iterable[Any]) -> bytes:
    return _encoder.encode_lines(list(shown))
