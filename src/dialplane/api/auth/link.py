"""`GET /auth/link?code=`: logs in the person who started the demo on this machine, once. Only a demo has it.

It is for whoever reads the terminal that printed it: taken from this machine alone, by a name of this machine (else a
page elsewhere could reach it by a name that leads here), and through no proxy.
"""

import asyncio
from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError
from dialplane.api.http.request import is_from_this_machine, note_session
from dialplane.api.http.services import services_of
from dialplane.api.http.sessions import set_session
from dialplane.control.login import link
from dialplane.control.login.credentials import find_agent, stamp_of
from dialplane.system.clock import now_us


def link_route(file: Path, *, home: str) -> BaseRoute:
    """The route of the link that this file holds. `home`: the page that is shown afterwards, logged in or not."""

    async def follow_link(request: Request) -> Response:
        if not is_from_this_machine(request):
            raise ApiError(reasons.ENDPOINT_NOT_FOUND)
        response = RedirectResponse(home, status_code=303)
        username = await asyncio.to_thread(link.redeem, file, request.query_params.get("code", ""))
        services = services_of(request.scope)
        agent = None if username is None else await find_agent(services.db, username)
        if agent is not None:
            token = services.session_keys.issue_to_browser(agent.id, stamp_of(agent.password_hash), now=now_us())
            note_session(request, token)
            set_session(request, response, token)
        return response

    return Route(link.PATH, follow_link, methods=["GET"])
