"""The sender's clock, as a request tells it: how far it is ahead can be seen as soon as the request has come."""

from starlette.requests import Request

HEADER = "X-Dialplane-Clock"
"""When the request was sent by the sender's clock, in us since 1970."""

_LATEST_US = 1 << 53


def sent_at(request: Request) -> int | None:
    """The instant in the header; None without one, or with what is none."""
    text = request.headers.get(HEADER, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 16 and int(text) < _LATEST_US else None
