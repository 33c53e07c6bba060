"""Browsers' sessions: a cookie that no script can read, and that no other site's page can use.

HttpOnly, SameSite=Strict, Secure over HTTPS (docs/decisions has why). It is renewed by use.
"""

from starlette.requests import Request
from starlette.responses import Response

from dialplane.api.http.credentials import session_cookie
from dialplane.control.login.sessions import BROWSER_IDLE_S, SessionKeys
from dialplane.system.clock import now_us


def set_session(request: Request, response: Response, token: str) -> None:
    """Have the browser keep this token."""
    _set(request, response, token, max_age=BROWSER_IDLE_S)


def end_session(request: Request, response: Response) -> None:
    """Have the browser forget its token."""
    _set(request, response, "", max_age=0)


def renew_session(request: Request, response: Response, keys: SessionKeys) -> None:
    """Have the browser keep a new token in place of the request's, which was accepted, if that is old enough."""
    try:
        token = keys.renewed(request.scope["state"]["session"], now=now_us())
    except ValueError:  # it has ended since it was accepted
        return
    if token is not None:
        set_session(request, response, token)


def _set(request: Request, response: Response, token: str, *, max_age: int) -> None:
    response.set_cookie(
        session_cookie(request.scope),
        token,
        max_age=max_age,
        path="/",
        secure=request.scope["scheme"] == "https",
        httponly=True,
        samesite="strict",
    )
