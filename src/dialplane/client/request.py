"""Requests as values: what each verb of a noun asks for. Both clients send them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
LARGEST_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """`path` is below the base URL; `safe_to_repeat` marks a POST that may be sent twice."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    safe_to_repeat: bool = False

    @property
    def idempotent(self) -> bool:
        """Whether sending it twice is the same as sending it once."""
        return self.safe_to_repeat or self.method in IDEMPOTENT


def get(path: str, **params: Any) -> ApiRequest:
    """A read; parameters that are None are left out, booleans become true and false."""
    return ApiRequest(method="GET", path=path, params=_params(params))


def list_(noun: str, *, page_size: int, page_token: str | None, filters: Mapping[str, Any]) -> ApiRequest:
    """One page of a noun."""
    return get(f"/v1.0/{noun}", page_size=page_size, page_token=page_token or None, **filters)


def create(noun: str, fields: Mapping[str, Any], *, idempotency_key: str | None) -> ApiRequest:
    """A POST; safe to repeat when it carries an Idempotency-Key."""
    headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    return ApiRequest(
        method="POST", path=f"/v1.0/{noun}", body=fields, headers=headers, safe_to_repeat=bool(idempotency_key)
    )


def update(noun: str, id_: str, fields: Mapping[str, Any], *, if_match: str | None) -> ApiRequest:
    """A PUT of the named fields."""
    return ApiRequest(method="PUT", path=f"/v1.0/{noun}/{id_}", body=fields, headers=_if_match(if_match))


def delete(noun: str, id_: str, *, force: bool, if_match: str | None) -> ApiRequest:
    """A DELETE; `force` also deletes what depends on the object."""
    params = {"force": "true"} if force else {}
    return ApiRequest(method="DELETE", path=f"/v1.0/{noun}/{id_}", params=params, headers=_if_match(if_match))


def stats(by: str, window: Mapping[str, Any]) -> ApiRequest:
    """Figures of a grouping; `since` and `until` are the window's `from` and `to`."""
    names = {"since": "from", "until": "to"}
    return get(f"/v1.0/stats/{by}", **{names.get(name, name): value for name, value in window.items()})


def login(username: str, password: str) -> ApiRequest:
    """What /auth/login wants."""
    return ApiRequest(method="POST", path="/auth/login", body={"username": username, "password": password})


def events(edge: str, lines: list[Mapping[str, Any]], agent: Mapping[str, Any] | None) -> ApiRequest:
    """Events of an edge. Storing them is idempotent, so the batch may be sent twice."""
    body = {"edge": edge, "events": lines, **({"agent": agent} if agent is not None else {})}
    return ApiRequest(method="POST", path="/v1.0/events", body=body, safe_to_repeat=True)


def feed(*, since: int, epoch: str, wait_s: int, edge: str) -> ApiRequest:
    """Changes since a revision, as an NDJSON stream; answered at once or after `wait_s`."""
    return get("/v1.0/feed", since=since, epoch=epoch, wait=wait_s, edge=edge)


def _if_match(etag: str | None) -> Mapping[str, str]:
    return {"If-Match": etag} if etag else {}


def _params(values: Mapping[str, Any]) -> Mapping[str, str]:
    return {name: _text(value) for name, value in values.items() if value is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
