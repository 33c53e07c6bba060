"""Instants: integer microseconds since 1970 UTC, and the contract's text form of them.

Source: contract pages ("2022-10-22 16:16:16.874761"; 9999-01-01 means "has not happened").
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated

from dialplane.domain.errors import InvalidValue
from dialplane.domain.texts import parse_range

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}")
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})", re.IGNORECASE
)

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
DAY_US = 86_400 * SECOND_US
"""Lengths in us."""

NEVER = 253_370_764_800_000_000
"""9999-01-01 00:00:00 UTC: the event has not happened."""

_FIRST = -62_135_596_800_000_000
_LAST = 253_402_300_799_999_999
"""The first and the last microsecond of years with four digits, 0001 to 9999."""


@lru_cache(maxsize=4096)
def format_instant(instant_us: int) -> str:
    """`YYYY-MM-DD HH:MM:SS.ffffff`, UTC. One outside the years 1 to 9999 is printed as the nearest within them.

    Cached: objects that are answered together were often created together, by an import or at the first start.
    """
    seconds, microseconds = divmod(min(max(instant_us, _FIRST), _LAST), SECOND_US)
    days, second = divmod(seconds, 86_400)
    minutes, second = divmod(second, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_format_day(days)} {hour:02}:{minute:02}:{second:02}.{microseconds:06}"


@lru_cache(maxsize=1024)
def _format_day(days: int) -> str:
    return (_EPOCH + timedelta(days=days)).date().isoformat()


def parse_instant(text: str, *, field: str = "timestamp") -> int:
    """The instant that `format_instant` prints as `text`. Raises InvalidValue."""
    if _TEXT.fullmatch(text):
        try:
            moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
        except ValueError:
            pass
        else:
            return (moment - _EPOCH) // timedelta(microseconds=1)
    raise InvalidValue(field, "invalid_timestamp", "must be a UTC timestamp like 2022-10-22 16:16:16.874761")


def parse_rfc3339(text: str, *, field: str = "timestamp") -> int:
    """The instant of a date and time of RFC 3339, section 5.6, in whole microseconds. Raises InvalidValue."""
    if _RFC3339.fullmatch(text):
        try:
            return (datetime.fromisoformat(text.upper()) - _EPOCH) // timedelta(microseconds=1)
        except (ValueError, OverflowError):
            pass
    raise InvalidValue(field, "invalid_timestamp", "must be like 2022-10-22T16:16:16.874761Z")


def parse_moment(value: int, *, field: str) -> int:
    """An instant from 1970 to NEVER. Raises InvalidValue."""
    return parse_range(value, field=field, least=0, most=NEVER)


def parse_bound(value: int, *, field: str) -> int:
    """The bound of a time of validity: one before 1970, or after NEVER, is as good as that. Raises InvalidValue."""
    if type(value) is not int:
        raise InvalidValue(field, "invalid_timestamp", "must be an instant in microseconds")
    return min(max(value, 0), NEVER)


Instant = Annotated[int, parse_moment]
