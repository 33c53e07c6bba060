"""A reverse proxy that serves the API below a path: set, or sent as X-Forwarded-Prefix by a trusted proxy."""

from collections.abc import Container

from starlette.types import ASGIApp, Receive, Scope, Send

from dialplane.system.address import PATH_PREFIX

_HEADER = b"x-forwarded-prefix"


class Prefixed:
    """`scope["state"]["prefix"]` is where clients reach the API; the path is without it, whether the proxy cut it off.

    Outside of what replaces a proxy's address by its client's.
    """

    def __init__(self, app: ASGIApp, *, prefix: str, trusted: Container[str]) -> None:
        self.app = app
        self.prefix = prefix
        self.trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (prefix := self._prefix_of(scope)):
            scope.setdefault("state", {})["prefix"] = prefix
            path = scope["path"]
            if path == prefix or path.startswith(f"{prefix}/"):
                scope["path"] = path[len(prefix) :] or "/"
        await self.app(scope, receive, send)

    def _prefix_of(self, scope: Scope) -> str:
        client = scope.get("client")
        if client and client[0] in self.trusted:
            sent = next((value for name, value in scope["headers"] if name == _HEADER), b"")
            return _parsed(sent) or self.prefix
        return self.prefix


def _parsed(sent: bytes) -> str:
    """ "" for anything but a plain path: it goes into pages."""
    text = sent.decode("latin-1").rstrip("/")
    return text if PATH_PREFIX.fullmatch(text) else ""
