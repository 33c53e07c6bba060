"""Answers: objects as JSON with their version, pages of lists, and the forms that all presenters share."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError, Detail
from dialplane.control.units import Change
from dialplane.domain.instants import NEVER, format_instant

T = TypeVar("T")

_ENTITY_TAG = re.compile(r'"([0-9]{1,18})"')
_NEVER_TEXT = format_instant(NEVER)


def moment(instant: int) -> str:
    """An instant in the contract's form."""
    return _NEVER_TEXT if instant == NEVER else format_instant(instant)


def happened(instant: int | None) -> str:
    """The same; None is what has not happened."""
    return _NEVER_TEXT if instant is None else moment(instant)


def times(value: Any) -> dict[str, str]:
    """The three instants that every object ends with."""
    return {
        "tm_create": moment(value.tm_create),
        "tm_update": moment(value.tm_update),
        "tm_delete": moment(value.tm_delete),
    }


def used(value: Any, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The extension fields that differ from their default: an object that uses none is the documented one."""
    return {name: held for name, default in defaults.items() if (held := getattr(value, name)) != default}


def answer(value: Mapping[str, Any], *, version: int | None = None, revision: int | None = None) -> Response:
    """One object. `version` becomes its ETag, `revision` tells which revision the request made."""
    made = _Json(msgspec.json.encode(value))
    if version is not None:
        made.raw_headers.append((b"etag", b'"%d"' % version))
    if revision is not None:
        made.raw_headers.append((b"x-revision", b"%d" % revision))
    return made


class _Json(Response):
    """A good answer. Its headers are bytes from the start: making them of text costs as much as a route's JSON."""

    def __init__(self, body: bytes) -> None:
        self.status_code = 200
        self.background = None
        self.body = body
        self.raw_headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]


def changed(value: Mapping[str, Any], unit: Change) -> Response:
    """An object that this unit has changed (or left as it was: then there is no revision to tell of)."""
    return answer(value, version=unit.version_of(value["id"]), revision=unit.revision if unit.is_committed else None)


def created(value: Mapping[str, Any], unit: Change) -> Response:
    """An object that this unit, which is about to be committed, has made."""
    return answer(value, version=unit.version_of(value["id"]), revision=unit.revision)


def page(items: Sequence[T], present: Callable[[T], Mapping[str, Any]], *, token: Callable[[T], int]) -> Response:
    """One page of a list; the next one is asked for with the last item's `token`."""
    return answer(
        {
            "result": [present(item) for item in items],
            "next_page_token": moment(token(items[-1])) if items else "",
        }
    )


def tm_create(value: Any) -> int:
    """The page token of most lists."""
    instant: int = value.tm_create
    return instant


def if_match(request: Request) -> int | None:
    """The version that If-Match asks for; None for any. Raises ApiError 400 or, for what is no version of ours, 412."""
    given = request.headers.getlist("if-match")
    if not given or given == ["*"]:
        return None
    if len(given) > 1 or "," in given[0]:
        raise ApiError(
            reasons.INVALID_REQUEST_HEADER, details=[Detail("If-Match", "too_many", "must hold one ETag, or *")]
        )
    match = _ENTITY_TAG.fullmatch(given[0].strip())
    if match is None:
        raise ApiError(reasons.VERSION_MISMATCH)
    return int(match[1])


IfMatch = Annotated[int | None, Depends(if_match)]
