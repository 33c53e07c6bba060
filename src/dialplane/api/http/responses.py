"""Responses: JSON, objects with ETag and X-Revision, pages of lists, errors."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
from starlette.responses import Response

from dialplane.api.http.errors import ApiError, error_content
from dialplane.control.units import Change
from dialplane.domain.instants import NEVER, format_instant
from dialplane.system.turns import in_turns

T = TypeVar("T")

_NEVER_TEXT = format_instant(NEVER)


class JsonResponse(Response):
    """A JSON body. `version` becomes the ETag, `revision` the X-Revision: the number of the revision it created."""

    media_type = "application/json"

    def __init__(
        self,
        content: Any,
        *,
        version: int | None = None,
        revision: int | None = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(content, status_code, headers)
        if version is not None:
            self.headers["ETag"] = f'"{version}"'
        if revision is not None:
            self.headers["X-Revision"] = str(revision)

    def render(self, content: Any) -> bytes:
        return msgspec.json.encode(content)


def error_response(error: ApiError, request_id: str) -> Response:
    """The response to a refused request."""
    return JsonResponse(error_content(error, request_id), status_code=error.reason.http, headers=error.headers)


def updated(value: Mapping[str, Any], unit: Change) -> Response:
    """An object after its unit of work, or at its end; without X-Revision if the request changed nothing."""
    revision = unit.revision if unit.has_changed else None
    return JsonResponse(value, version=unit.version_of(value["id"]), revision=revision)


def created(value: Mapping[str, Any], unit: Change) -> Response:
    """A new object, within the unit of work that creates it."""
    return JsonResponse(value, version=unit.version_of(value["id"]), revision=unit.revision)


async def page(
    items: Sequence[T],
    present: Callable[[T], Mapping[str, Any]],
    *,
    token: Callable[[T], int] = attrgetter("tm_create"),
    **rest: Any,
) -> Response:
    """One page of a list. The next one starts behind the last item's `token`, an instant.

    `rest`: more to answer, or a `next_page_token` of another form.
    """
    next_page_token = timestamp(token(items[-1])) if items else ""
    shown = {"result": await in_turns(items, present), "next_page_token": next_page_token}
    return JsonResponse(shown | rest)


def timestamp(instant: int | None) -> str:
    """An instant (us) in the contract's form; None, for an event that has not happened, is answered like NEVER."""
    return _NEVER_TEXT if instant is None or instant == NEVER else format_instant(instant)
