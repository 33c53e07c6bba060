"""`POST /auth/login`, also at `/v1.0/auth/login`, for programs; `/auth/session` for browsers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from starlette.requests import Request
from starlette.responses import Response

from dialplane.api.auth.schemas import Login, LoginAnswer, SessionAnswer, SessionEnded
from dialplane.api.http import reasons
from dialplane.api.http.credentials import session_cookie
from dialplane.api.http.errors import ApiError
from dialplane.api.http.rate_limits import origin_of
from dialplane.api.http.request import note_session, source_ip, unnamed_proxy
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.api.http.services import Services, services_of
from dialplane.api.http.sessions import end_session, set_session
from dialplane.control.actor import caller_of
from dialplane.control.login.credentials import InvalidCredentials, check_login
from dialplane.control.login.passwords import KNOWN, STRANGERS, Places
from dialplane.control.login.sessions import BROWSER_IDLE_S
from dialplane.control.units import CREDENTIALS
from dialplane.domain.agent import Agent
from dialplane.system.clock import now_us

log = structlog.get_logger("dialplane.api")

AUTH = Resource(tag="auth")


@asynccontextmanager
async def _turn(services: Services, *, username: str, address: str) -> AsyncIterator[Places]:
    """A name at an address it is known at waits behind no stranger, and caller by caller: whoever may log in from a
    hundred addresses comes no sooner than who does from one. Others wait address by address. Raises ApiError 503.
    """
    hashing = services.hashing
    known = services.rate_limits.known_caller(username=username, address=address)
    place = hashing.place_of_stranger(origin_of(address)) if known is None else hashing.place_of_known(known)
    async with place:
        yield STRANGERS if known is None else KNOWN


async def _logged_in(request: Request, body: Login) -> tuple[Agent, str]:
    """The agent, and the stamp of its password. Raises ApiError 429 and 503, InvalidCredentials, CustomerFrozen."""
    services, address = services_of(request.scope), source_ip(request)
    if proxy := unnamed_proxy(request):
        log.warning("proxy not in DIALPLANE_TRUSTED_PROXIES: its clients share one limit of logins", proxy=proxy)
    services.rate_limits.admit_login(username=body.username, address=address)
    try:
        async with _turn(services, username=body.username, address=address) as places:
            agent, stamp = await check_login(services.db, body.username, body.password, places=places)
    except ApiError:
        services.rate_limits.login_not_tried(username=body.username, address=address)
        raise
    except InvalidCredentials:
        services.metrics.logins.labels("refused").inc()
        raise
    caller = caller_of(agent.permission, customer_id=agent.customer_id, id_=agent.id)
    services.rate_limits.login_succeeded(username=body.username, address=address, caller=caller)
    services.metrics.logins.labels("accepted").inc()
    return agent, stamp


_REFUSES = (reasons.INVALID_CREDENTIALS, reasons.CUSTOMER_FROZEN, reasons.RATE_LIMIT_EXCEEDED)


def _login(path: str, *, operation_id: str) -> None:
    @AUTH.endpoint(
        "POST",
        path,
        operation_id=operation_id,
        summary="Log in",
        answer=LoginAnswer,
        work=CREDENTIALS,
        refuses=_REFUSES,
    )
    async def log_in(request: Request, body: Login) -> Response:
        agent, stamp = await _logged_in(request, body)
        token = services_of(request.scope).session_keys.issue(agent.id, stamp, now=now_us())
        note_session(request, token)
        return JsonResponse({"username": agent.username, "token": token})


_login("/auth/login", operation_id="login")
_login("/v1.0/auth/login", operation_id="loginVersioned")


@AUTH.endpoint(
    "POST",
    "/auth/session",
    summary="Log in with a browser",
    description="Sets a cookie that no script can read; see the documentation of browsers' sessions.",
    answer=SessionAnswer,
    work=CREDENTIALS,
    refuses=_REFUSES,
)
async def begin_session(request: Request, body: Login) -> Response:
    agent, stamp = await _logged_in(request, body)
    response = JsonResponse({"username": agent.username, "idle_s": BROWSER_IDLE_S})
    token = services_of(request.scope).session_keys.issue_to_browser(agent.id, stamp, now=now_us())
    note_session(request, token)
    set_session(request, response, token)
    return response


@AUTH.endpoint("DELETE", "/auth/session", summary="Log out of a browser", answer=SessionEnded, work=CREDENTIALS)
async def end_own_session(request: Request) -> Response:
    response = JsonResponse({"status": "ended"})
    note_session(request, request.cookies.get(session_cookie(request.scope), ""), is_ended=True)
    end_session(request, response)
    return response
