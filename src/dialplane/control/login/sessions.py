"""Sessions: tokens (JWT, HS256) that identify an agent, and the keys that sign them.

A program's token is good for seven days. A browser's ends twelve hours after its last renewal, and seven days after the
login at the latest.
"""

import secrets
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import jwt

from dialplane.system.clock import MOST_AHEAD_US
from dialplane.system.files import create_file

SESSION_LIFETIME_S = 7 * 86_400
BROWSER_IDLE_S = 12 * 3_600
"""How long a browser's session lasts without a request."""

RENEWED_AFTER_S = 600
"""The age at which a browser's session is renewed by the next request."""

_ALGORITHM = "HS256"
_ISSUER = "dialplane"
_KEY_BYTES = 32
_SUFFIX = ".session-key"


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a valid session: the agent, the stamp of its password, issue and expiry (instants).

    `logged_in_at`: of a browser's session, however often it was renewed; None of a program's. `id`: of the session,
    which it keeps when it is renewed; "" of one that an older version has issued.
    """

    agent_id: str
    stamp: str
    issued_at: int
    expires_at: int
    logged_in_at: int | None = None
    id: str = field(default="", compare=False)


class SessionKeys:
    """The signing keys, newest first: the first signs, all of them verify.

    Keys of a folder are read again at each login, and for a token signed by an unknown key.
    """

    def __init__(self, keys: Sequence[tuple[str, bytes]], *, folder: Path | None = None) -> None:
        """`keys`: (key id, 32 bytes or more) each. Raises ValueError without one."""
        if not keys:
            raise ValueError("there is no session key")
        self._newest = keys[0]
        self._keys = dict(keys)
        self._folder = folder

    @classmethod
    def in_folder(cls, folder: Path) -> "SessionKeys":
        """The keys of this folder; the first is created if there is none. Files are 0600."""
        if not _files(folder):
            rotate(folder)
        return cls(_read(folder), folder=folder)

    @staticmethod
    def are_in(folder: Path) -> bool:
        """Whether there is a key in this folder. Reads it."""
        return bool(_files(folder))

    def issue(self, agent_id: str, stamp: str, *, now: int) -> str:
        """A program's token for this agent, valid for SESSION_LIFETIME_S from `now` (instant, us)."""
        issued_s = now // 1_000_000
        return self._signed(agent_id, stamp, _new_id(), iat=issued_s, exp=issued_s + SESSION_LIFETIME_S)

    def issue_to_browser(
        self, agent_id: str, stamp: str, *, now: int, logged_in_at: int | None = None, id_: str = ""
    ) -> str:
        """A browser's token for this agent, who logged in at `logged_in_at`, now by default (instants, us).

        `id_`: of the session that it renews.
        """
        issued_s = now // 1_000_000
        login_s = issued_s if logged_in_at is None else logged_in_at // 1_000_000
        ends_s = min(issued_s + BROWSER_IDLE_S, login_s + SESSION_LIFETIME_S)
        return self._signed(agent_id, stamp, id_ or _new_id(), iat=issued_s, exp=ends_s, auth_time=login_s)

    def renewed(self, token: str, *, now: int) -> str | None:
        """A browser's token in place of this one, if it is old enough for that. Raises ValueError as `verify` does."""
        claims = self.verify(token, now=now)
        if claims.logged_in_at is None or now - claims.issued_at < RENEWED_AFTER_S * 1_000_000:
            return None
        return self.issue_to_browser(
            claims.agent_id, claims.stamp, now=now, logged_in_at=claims.logged_in_at, id_=claims.id
        )

    def _signed(self, agent_id: str, stamp: str, id_: str, **times: int) -> str:
        """`times`: registered claims in seconds, and `auth_time` (OpenID Connect Core 1.0, section 2)."""
        self._reload()
        key_id, key = self._newest
        claims = {"iss": _ISSUER, "sub": agent_id, "stamp": stamp, "jti": id_, **times}
        return jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": key_id})

    def verify(self, token: str, *, now: int) -> Claims:
        """The claims of the token. Raises ValueError unless it is a live token of ours."""
        try:
            key = self._key(jwt.get_unverified_header(token)["kid"])
            claims = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                options={"require": ["exp", "iat", "sub", "iss", "stamp"], "verify_exp": False, "verify_iat": False},
            )
            session = _claims(claims)
        except (jwt.PyJWTError, KeyError, TypeError, UnicodeError):
            raise ValueError("not a session of ours") from None
        if session.expires_at <= now:
            raise ValueError("the session has ended")
        if session.issued_at > now + MOST_AHEAD_US:
            raise ValueError("a clock that was ahead has issued the session")
        return session

    def _key(self, key_id: str) -> bytes:
        if key_id not in self._keys:
            self._reload()
        return self._keys[key_id]

    def _reload(self) -> None:
        """Reads the keys again if the folder has changed; keeps the old ones if they cannot be read."""
        if self._folder is None or [_key_id(file) for file in _files(self._folder)] == list(self._keys):
            return
        with suppress(OSError):
            if keys := _read(self._folder):
                self._newest, self._keys = keys[0], dict(keys)


def _claims(claims: dict[str, Any]) -> Claims:
    agent_id, stamp, issued_s, expires_s = (claims[name] for name in ("sub", "stamp", "iat", "exp"))
    login_s = claims.get("auth_time", 0)
    id_ = claims.get("jti", "")
    if not (
        type(agent_id) is type(stamp) is type(id_) is str and type(issued_s) is type(expires_s) is type(login_s) is int
    ):
        raise TypeError
    return Claims(agent_id, stamp, issued_s * 1_000_000, expires_s * 1_000_000, login_s * 1_000_000 or None, id_)


def _new_id() -> str:
    return str(uuid.uuid4())


def rotate(folder: Path) -> None:
    """Adds a new signing key, which a running API then signs with.

    Older keys stay until every session that they signed has expired, so nobody is logged out.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    numbers = [int(_key_id(file)) for file in _files(folder)]
    create_file(folder / f"{max(numbers, default=0) + 1:06}{_SUFFIX}", secrets.token_bytes(_KEY_BYTES))
    files = _files(folder)
    for successor, file in pairwise(files):
        if time.time() - successor.stat().st_mtime > SESSION_LIFETIME_S:
            file.unlink(missing_ok=True)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"[0-9]*{_SUFFIX}"), reverse=True)


def _key_id(file: Path) -> str:
    return file.name.removesuffix(_SUFFIX)


def _read(folder: Path) -> list[tuple[str, bytes]]:
    return [(_key_id(file), file.read_bytes()) for file in _files(folder)]
