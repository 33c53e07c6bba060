"""Reading of the edge's feed. A stream that does not end with its end line is not a feed: nothing of it may be kept."""

import io
from collections.abc import Iterable, Iterator
from typing import IO

import msgspec

from dialplane.domain.errors import DialplaneError
from dialplane.domain.feed import FeedChange, FeedEnd, FeedHead

LONGEST_END_LINE = 256  # bytes

_HEAD = msgspec.json.Decoder(FeedHead)
_CHANGE = msgspec.json.Decoder(FeedChange)
_END = msgspec.json.Decoder(FeedEnd)


class FeedTruncated(DialplaneError):
    """The stream broke off, or is not a feed: nothing of it may be kept."""


def read_feed(lines: Iterable[bytes]) -> tuple[FeedHead, Iterator[FeedChange]]:
    """The head and the changes of one feed response.

    The iterator raises FeedTruncated if the end line is missing or disagrees, so apply it inside a transaction.
    """
    iterator = iter(lines)
    try:
        head = _HEAD.decode(next(iterator, b""))
    except msgspec.DecodeError:
        raise FeedTruncated("the first line of the feed is not a head line") from None
    return head, _changes(iterator, head.revision)


def require_end(response: IO[bytes]) -> None:
    """Look at the last line only, so that a stream that broke off opens no transaction. Raises FeedTruncated."""
    size = response.seek(0, io.SEEK_END)
    response.seek(max(0, size - LONGEST_END_LINE))
    if _end(response.read().rstrip(b"\n").rpartition(b"\n")[2]) is None:
        raise FeedTruncated("the feed broke off before its end line")


def _changes(lines: Iterator[bytes], revision: int) -> Iterator[FeedChange]:
    count = 0
    for line in lines:
        try:
            change = _CHANGE.decode(line)
        except msgspec.DecodeError:
            if (end := _end(line)) is None:
                raise FeedTruncated(f"line {count + 2} of the feed is neither a change nor the end") from None
            if end != FeedEnd(revision, count):
                raise FeedTruncated(
                    f"the end line does not fit the {count} changes up to revision {revision}"
                ) from None
            return
        count += 1
        yield change
    raise FeedTruncated(f"the feed broke off after {count} changes, before its end line")


def _end(line: bytes) -> FeedEnd | None:
    try:
        return _END.decode(line)
    except msgspec.DecodeError:
        return None
