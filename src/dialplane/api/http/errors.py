"""Refusals: the exception that endpoints raise, and the one place that turns an error into an answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.reasons import Reason
from dialplane.control.bulk import ChangeRefused
from dialplane.control.idempotency import KeyInUse, KeyReused
from dialplane.control.permissions import PermissionDenied
from dialplane.domain.errors import (
    AlreadyExists,
    ChangedSince,
    InvalidValue,
    NotFound,
    ObjectDeleted,
    Protected,
    ProviderInUse,
    StaleVersion,
    TrunkAddressTaken,
    Unavailable,
)

RETRY_AFTER_S = 1


class Detail(NamedTuple):
    """One thing to mend: the field or parameter, a stable snake_case code, and the rule it broke."""

    field: str
    code: str
    message: str


class ApiError(Exception):
    """A refusal with everything its answer says. `message` never holds what was sent."""

    def __init__(
        self,
        reason: Reason,
        message: str = "",
        *,
        details: Sequence[Detail] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason.name)
        self.reason = reason
        self.message = message or _told(reason, details)
        self.details = tuple(details)
        self.headers = dict(headers or {})


def _told(reason: Reason, details: Sequence[Detail]) -> str:
    if len(details) == 1 and reason.http == 400:
        return f"{details[0].field}: {details[0].message}."
    return reason.message


def envelope(error: ApiError, request_id: str) -> bytes:
    """The body of a refusal, DOMAIN section 3."""
    told: dict[str, Any] = {
        "status": error.reason.status,
        "reason": error.reason.name,
        "message": error.message,
        "request_id": request_id,
    }
    if error.details:
        told["details"] = [detail._asdict() for detail in error.details]
    return msgspec.json.encode({"error": told})


def refusal(error: ApiError, request_id: str) -> Response:
    """The whole answer to a refused request."""
    headers = {"Retry-After": str(RETRY_AFTER_S)} if error.reason.http == 503 else {}
    if error.reason.http == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="dialplane"'
    return Response(
        envelope(error, request_id),
        status_code=error.reason.http,
        media_type="application/json",
        headers=headers | error.headers,
    )


def _invalid_value(error: InvalidValue) -> ApiError:
    reason = reasons.INVALID_ID if error.code == "invalid_id" else reasons.INVALID_ARGUMENT
    return ApiError(reason, details=[Detail(error.field, error.code, error.message)])


def _not_found(error: NotFound) -> ApiError:
    return ApiError(reasons.NOT_FOUND_OF_KIND[error.kind])


def _deleted(error: ObjectDeleted) -> ApiError:
    return ApiError(reasons.STATE_INVALID, f"This {error.kind} is deleted. {reasons.STATE_INVALID.mend}")


def _in_use(error: ProviderInUse) -> ApiError:
    return ApiError(
        reasons.PROVIDER_IN_USE,
        f"{error.total} live routes use this provider. {reasons.PROVIDER_IN_USE.mend}",
        details=[Detail("route", "uses_provider", route_id) for route_id in error.route_ids],
    )


def _exists(error: AlreadyExists) -> ApiError:
    return ApiError(
        reasons.ALREADY_EXISTS, details=[Detail(error.field, "not_unique", f"another {error.kind} has the same value")]
    )


def _taken(error: TrunkAddressTaken) -> ApiError:
    return ApiError(
        reasons.TRUNK_ADDRESS_TAKEN, details=[Detail(error.field, "taken", "is in use by another customer's trunk")]
    )


def _changed(error: ChangedSince) -> ApiError:
    details = [Detail(f"{kind} {id_}", "changed_since", f"in revision {n}") for kind, id_, n in error.objects]
    return ApiError(reasons.CHANGED_SINCE, details=details)


def _unavailable(error: Unavailable) -> ApiError:
    return ApiError(reasons.STORAGE_FULL if error.code == "storage_full" else reasons.DATABASE_UNAVAILABLE)


def _change_refused(error: ChangeRefused) -> ApiError:
    return in_change(error.index, refusal_of(error.error))


def in_change(index: int, refused: ApiError) -> ApiError:
    """The refusal of a list of changes because of one of them, told by its place from 0."""
    place = f"changes[{index}]"
    details = [detail._replace(field=f"{place}.{detail.field}") for detail in refused.details]
    return ApiError(refused.reason, f"{place}: {refused.message}", details=details)


TRANSLATIONS: dict[type[Exception], Callable[[Any], ApiError]] = {
    InvalidValue: _invalid_value,
    NotFound: _not_found,
    ObjectDeleted: _deleted,
    ProviderInUse: _in_use,
    AlreadyExists: _exists,
    TrunkAddressTaken: _taken,
    Protected: lambda error: ApiError(reasons.PROTECTED_OBJECT, f"{error.message}. {reasons.PROTECTED_OBJECT.mend}"),
    StaleVersion: lambda error: ApiError(reasons.VERSION_MISMATCH),
    ChangedSince: _changed,
    PermissionDenied: lambda error: ApiError(reasons.PERMISSION_DENIED),
    Unavailable: _unavailable,
    KeyReused: lambda error: ApiError(reasons.IDEMPOTENCY_KEY_REUSED),
    KeyInUse: lambda error: ApiError(reasons.IDEMPOTENCY_KEY_IN_PROGRESS, headers={"Retry-After": str(RETRY_AFTER_S)}),
    ChangeRefused: _change_refused,
}
"""What the rooms below raise -> what the caller is told. Anything else is a fault of ours: INTERNAL."""


def translated(error: Exception) -> ApiError | None:
    """The refusal that an error stands for, or None where it is a fault of ours."""
    if isinstance(error, ApiError):
        return error
    for kind in type(error).__mro__:
        if (translation := TRANSLATIONS.get(kind)) is not None:
            return translation(error)
    return None


def refusal_of(error: Exception) -> ApiError:
    """The refusal that an error stands for. Raises the error itself where it is a fault of ours."""
    refused = translated(error)
    if refused is None:
        raise error
    return refused
