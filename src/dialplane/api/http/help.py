"""The help at /help/: static files, which `setup/help` builds from docs/ into src/dialplane/help/dist.

Anybody may read it: it is what the source code's documents say, and holds nothing of this installation.
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.staticfiles import StaticFiles

from dialplane.api.http.not_built import not_built
from dialplane.api.http.prefix import prefix_of

HELP = "/help"
DIST = Path(__file__).parents[2] / "help" / "dist"


def help_routes(dist: Path = DIST) -> list[BaseRoute]:
    """The routes of the help. `dist` is looked at with each request: it may be built later."""
    files = StaticFiles(directory=dist, check_dir=False)

    async def first_page(request: Request) -> Response:
        return RedirectResponse(f"{prefix_of(request)}{HELP}/index.html", 302)

    async def file(request: Request) -> Response:
        if not (dist / "index.html").is_file():
            needs = "It takes Sphinx from PyPI."
            return not_built("help", command="make docs", needs=needs, prefix=prefix_of(request))
        response = await files.get_response(request.path_params["path"], request.scope)
        response.headers["Cache-Control"] = "no-cache"
        return response

    return [Route(HELP, first_page), Route(f"{HELP}/{{path:path}}", file)]
