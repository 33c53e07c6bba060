"""Where clients reach the API: the path that a reverse proxy serves it below (server/prefix.py)."""

from starlette.requests import Request


def prefix_of(request: Request) -> str:
    """The beginning of every link's path; "" at the root."""
    prefix: str = request.scope["state"].get("prefix", "")
    return prefix
