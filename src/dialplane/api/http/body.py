"""Request bodies: read with a limit, decoded so strictly that no two JSON parsers could disagree about them."""

import asyncio
import json
import math
import re
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError
from dialplane.api.http.fields import Body
from dialplane.system.slots import Slots

B = TypeVar("B", bound=Body)

MAX_DEPTH = 32

THREAD_FROM_BYTES = 262_144
"""A body of at least so many bytes is checked and hashed in a thread: other requests must not wait for it."""

LOOKED_AT_FROM_BYTES = 65_536
"""The same for one that no typed decoder takes, and that is looked at part by part: that takes ten times as long."""

PARSE_WAIT_S = 5.0
"""Longest wait of a large body for its turn to be parsed."""

_STRINGS = re.compile(rb'"[^"]*+"?')
_AS_SQUARE = bytes.maketrans(b"{}", b"[]")
_NOT_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"'))
_MARKS = b":[{"
_BODY_HEADERS = (b"content-length", b"transfer-encoding")
_JSON_TYPE = re.compile(rb'application/json(?:\s*;\s*charset\s*=\s*"?utf-8"?)?\s*', re.IGNORECASE)


def check_content_headers(scope: Scope, *, limit: int) -> None:
    """Refuse a body by its headers alone. Raises ApiError 415, 413, or 400 if they say that there is none."""
    if not any(name in _BODY_HEADERS and value != b"0" for name, value in scope["headers"]):
        raise ApiError(reasons.INVALID_JSON_BODY)
    types = [value for name, value in scope["headers"] if name == b"content-type"]
    if len(types) != 1 or not _JSON_TYPE.fullmatch(types[0]):
        raise ApiError(reasons.UNSUPPORTED_MEDIA_TYPE)
    for name, value in scope["headers"]:
        if name == b"content-encoding" and value.strip().lower() != b"identity":
            raise ApiError(reasons.UNSUPPORTED_MEDIA_TYPE)
        if name == b"content-length" and int(value) > limit:
            raise _too_large(limit)


async def read_body(receive: Receive, *, limit: int, marks: int, timeout_s: float) -> bytes:
    """The whole body of a request; not more than `limit` bytes are kept, with or without a declared length.

    Nor is more read once there are more than `marks` colons and opening brackets, wherever they stand: they bound the
    names and values that it can hold. Raises ApiError 413, 400 or 408, ClientDisconnect.
    """
    pieces, size, found = list[bytes](), 0, 0
    try:
        async with asyncio.timeout(timeout_s):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                piece = message.get("body", b"")
                more = message.get("more_body", False)
                pieces.append(piece)
                size += len(piece)
                found += len(piece) - len(piece.translate(None, _MARKS))
                if size > limit:
                    raise _too_large(limit)
                if found > marks:
                    raise _too_many(marks)
    except TimeoutError:
        raise ApiError(reasons.REQUEST_TIMEOUT, headers={"Connection": "close"}) from None
    return b"".join(pieces)


async def parse_body(model: type[B], body: bytes, *, is_update: bool = False, turns: Slots, caller: str) -> B:
    """The JSON object of a body, checked against a model. Raises ApiError 400, 503.

    Large ones take turns: a parser lets no other thread run.
    """
    if len(body) < THREAD_FROM_BYTES and (found := model.at_once(body)) is not None:
        return found
    if len(body) < LOOKED_AT_FROM_BYTES:
        return model.of(decode_object(body), is_update=is_update)
    try:
        await turns.wait(caller, within_s=PARSE_WAIT_S)
    except TimeoutError:
        raise ApiError(reasons.OVERLOADED) from None
    try:
        return await asyncio.to_thread(lambda: _parsed(model, body, is_update=is_update))
    finally:
        turns.leave(caller)


def _parsed(model: type[B], body: bytes, *, is_update: bool) -> B:
    found = model.at_once(body)
    return model.of(decode_object(body), is_update=is_update) if found is None else found


def declared_length(scope: Scope, *, limit: int) -> int:
    """Bytes to reserve for a body: its declared length, or `limit` for one without."""
    return next((min(int(value), limit) for name, value in scope["headers"] if name == b"content-length"), limit)


def decode_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body holds. Raises ApiError INVALID_JSON_BODY for any other body."""
    _refuse_depth(body)
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError):
        raise ApiError(reasons.INVALID_JSON_BODY) from None
    if not isinstance(value, dict):
        raise ApiError(reasons.INVALID_JSON_BODY)
    return value


def _too_many(marks: int) -> ApiError:
    message = f"The body has more than {marks} colons and opening brackets. {reasons.INVALID_JSON_BODY.remedy}"
    return ApiError(reasons.INVALID_JSON_BODY, message, headers={"Connection": "close"})


def _too_large(limit: int) -> ApiError:
    return ApiError(
        reasons.BODY_TOO_LARGE,
        f"The body is larger than the {limit} bytes that this endpoint takes. {reasons.BODY_TOO_LARGE.remedy}",
        headers={"Connection": "close"},
    )


def _refuse_depth(body: bytes) -> None:
    """Remove the innermost pairs of brackets 32 times: if any are left, they were nested deeper, or unbalanced.

    A fixed number of passes over the whole body: 20 MB take some 50 ms.
    """
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    if b"\\" in body:
        body = body.replace(rb"\\", b"").replace(rb"\"", b"")
    structure = body.translate(None, _NOT_STRUCTURE).replace(b'""', b"")
    brackets = _STRINGS.sub(b"", structure).translate(_AS_SQUARE)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")
    if brackets:
        raise ApiError(reasons.INVALID_JSON_BODY)


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate names")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError("no such JSON value")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("number out of range")
    return number
