"""The console at /ui/: static files, which `setup/console` builds from console/ into src/dialplane/console/dist.

Every path below /ui/ that is no file is the page itself, which draws what its address says. Assets have their content's
hash in their names and are kept for a year; the page is asked for anew each time. Where nothing is built, one page says
how to.
"""

from collections.abc import Mapping
from mimetypes import guess_type
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dialplane.api.http.not_built import not_built
from dialplane.api.http.prefix import prefix_of

CONSOLE = "/ui"
DIST = Path(__file__).parents[2] / "console" / "dist"
COMMAND = "make console"

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
"""Scripts, requests and fonts from this host alone, and no script in the page. Inline styles place what is drawn."""

_ENCODINGS: Mapping[str, str] = {"br": ".br", "gzip": ".gz"}
"""Content codings that assets are built in -> the ending of the file; the smallest first."""

_PREFIX = '<meta name="prefix" content="{}" />'
"""Where the page learns of the path below which the API is; its own links in it are relative."""

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


def console_routes(dist: Path = DIST) -> list[BaseRoute]:
    """The routes of the console, and that of / to it. `dist` is looked at with each request: it may be built later."""

    async def root(request: Request) -> Response:
        return RedirectResponse(f"{prefix_of(request)}{CONSOLE}/", 302)

    async def page(request: Request) -> Response:
        try:
            text = (dist / "index.html").read_text()
        except OSError:
            needs = "It takes Node 20.19 or later, from this machine or from PyPI."
            return not_built("console", command=COMMAND, needs=needs, prefix=prefix_of(request))
        prefix = prefix_of(request)
        text = text.replace('"./', f'"{prefix}{CONSOLE}/').replace(_PREFIX.format(""), _PREFIX.format(prefix))
        return HTMLResponse(text, headers={"Cache-Control": _ASK_AGAIN})

    async def file(request: Request) -> Response:
        found = _file(dist, request.path_params["path"])
        return await page(request) if found is None else _encoded(found, dist, request)

    return [Route("/", root), Route(CONSOLE, page), Route(f"{CONSOLE}/{{path:path}}", file)]


def _file(dist: Path, path: str) -> Path | None:
    """The file of the bundle at this path; None where there is none, or where it is outside."""
    try:
        found = (dist / path).resolve()
        return found if found.is_relative_to(dist.resolve()) and found.is_file() else None
    except (OSError, ValueError):  # a name that is too long, or holds a NUL
        return None


def _encoded(path: Path, dist: Path, request: Request) -> Response:
    """A file, in the smallest of its codings that the client takes."""
    is_asset = path.parent == (dist / "assets").resolve()
    headers = {"Cache-Control": _FOR_EVER if is_asset else _ASK_AGAIN, "Vary": "Accept-Encoding"}
    media_type = guess_type(path.name)[0] or "application/octet-stream"
    accepted = {part.partition(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")}
    for coding, ending in _ENCODINGS.items():
        smaller = path.with_name(path.name + ending)
        if coding in accepted and smaller.is_file():
            return FileResponse(smaller, media_type=media_type, headers={**headers, "Content-Encoding": coding})
    return FileResponse(path, media_type=media_type, headers=headers)
