"""The edge's feed: head line, one line per changed object, end line. A stream without its end is not a feed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from dialplane.domain.errors import DialplaneError

Change = tuple[str, dict[str, Any]]
"""Kind (`customer`, `provider`, `route`, `trunk`) and the object's record."""


class FeedTruncated(DialplaneError):
    """The stream broke off, or is not a feed: nothing of it may be kept."""


@dataclass(frozen=True, slots=True)
class FeedHead:
    """`revision` is where the reader stands after the stream; `full`: it must start from nothing."""

    epoch: str
    revision: int
    full: bool


def read_feed(lines: Iterable[bytes]) -> tuple[FeedHead, Iterator[Change]]:
    """The head and the changes of one feed response.

    The iterator raises FeedTruncated where the end line is missing or disagrees, so apply it inside a transaction.
    """
    iterator = iter(lines)
    head = _object(next(iterator, b""))
    try:
        parsed = FeedHead(str(head["epoch"]), int(head["revision"]), bool(head["full"]))
    except (KeyError, TypeError, ValueError):
        raise FeedTruncated("the first line of the feed is not a head line") from None
    return parsed, _changes(iterator, parsed.revision)


def _changes(lines: Iterator[bytes], revision: int) -> Iterator[Change]:
    count = 0
    for line in lines:
        item = _object(line)
        if "end" in item:
            if item["end"] != revision or item.get("count") != count:
                raise FeedTruncated(f"the end line does not fit the {count} changes up to revision {revision}")
            return
        if not isinstance(item.get("kind"), str) or not isinstance(item.get("record"), dict):
            raise FeedTruncated(f"line {count + 2} of the feed is not a change")
        count += 1
        yield item["kind"], item["record"]
    raise FeedTruncated(f"the feed broke off after {count} changes, before its end line")


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(line)
    except msgspec.DecodeError:
        raise FeedTruncated("a line of the feed is not JSON") from None
    if not isinstance(value, dict):
        raise FeedTruncated("a line of the feed is not a JSON object")
    return value


def split_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of a byte stream, without their newline; a last piece without one is given as it is."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    if rest:
        yield rest
