"""Error responses: the exception that endpoints raise, and the table of what domain and control raise."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from dialplane.api.http import reasons
from dialplane.api.http.reasons import Reason
from dialplane.control.bulk import ChangeRefused
from dialplane.control.idempotency import KeyInUse, KeyReused
from dialplane.control.login.credentials import InvalidCredentials
from dialplane.control.permissions import PermissionDenied
from dialplane.domain.errors import (
    AlreadyExists,
    ChangedSince,
    ContentsGone,
    CustomerFrozen,
    InvalidValue,
    NotFound,
    ObjectDeleted,
    Protected,
    ProviderInUse,
    SecretsMissing,
    StaleVersion,
    TrunkAddressTaken,
    Unavailable,
)
from dialplane.jobs.runner import JobElsewhere, TooManyJobs

RETRY_AFTER_S = 1


class Detail(NamedTuple):
    """One violation: the field, parameter or header, a stable snake_case code, and the rule it breaks."""

    field: str
    code: str
    message: str


class ApiError(Exception):
    """A refused request, with everything its response says. `message` never holds input."""

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
        self.message = message or _default_message(reason, details)
        self.details = tuple(details)
        self.headers = _headers_of(reason) | dict(headers or {})


def _default_message(reason: Reason, details: Sequence[Detail]) -> str:
    if len(details) == 1 and reason.http == 400:
        return f"{details[0].field}: {details[0].message}."
    return reason.message


def _headers_of(reason: Reason) -> dict[str, str]:
    if reason.http == 503:
        return {"Retry-After": str(RETRY_AFTER_S)}
    return {"WWW-Authenticate": 'Bearer realm="dialplane"'} if reason.http == 401 else {}


def error_content(error: ApiError, request_id: str) -> dict[str, Any]:
    """The JSON object of an error response: `{"error": {status, reason, message, request_id, details?}}`."""
    content: dict[str, Any] = {
        "status": error.reason.status,
        "reason": error.reason.name,
        "message": error.message,
        "request_id": request_id,
    }
    if error.details:
        content["details"] = [detail._asdict() for detail in error.details]
    return {"error": content}


def error_body(error: ApiError, request_id: str) -> bytes:
    """The same, encoded."""
    return msgspec.json.encode(error_content(error, request_id))


def _invalid_value(error: InvalidValue) -> ApiError:
    reason = reasons.INVALID_ID if error.code == "invalid_id" else reasons.INVALID_ARGUMENT
    return ApiError(reason, details=[Detail(error.field, error.code, error.message)])


def _in_use(error: ProviderInUse) -> ApiError:
    return ApiError(
        reasons.PROVIDER_IN_USE,
        f"{error.total} live routes use this provider. {reasons.PROVIDER_IN_USE.remedy}",
        details=[Detail("route", "uses_provider", route_id) for route_id in error.route_ids],
    )


def _already_exists(error: AlreadyExists) -> ApiError:
    return ApiError(
        reasons.ALREADY_EXISTS, details=[Detail(error.field, "not_unique", f"another {error.kind} has the same value")]
    )


def _address_taken(error: TrunkAddressTaken) -> ApiError:
    return ApiError(
        reasons.TRUNK_ADDRESS_TAKEN, details=[Detail(error.field, "taken", "is in use by another customer's trunk")]
    )


def _changed_since(error: ChangedSince) -> ApiError:
    details = [Detail(f"{kind} {id_}", "changed_since", f"in revision {n}") for kind, id_, n in error.objects]
    return ApiError(reasons.CHANGED_SINCE, details=details)


def error_of_change(index: int, error: Exception) -> ApiError:
    """The refusal of a list of changes because of the one at `index`, from 0. Raises an error that has no translation.

    Its details name their fields as `changes[index].field`.
    """
    refused, place = api_error_of(error), f"changes[{index}]"
    details = [detail._replace(field=f"{place}.{detail.field}") for detail in refused.details]
    return ApiError(refused.reason, f"{place}: {refused.message}", details=details)


_UNAVAILABLE = {"storage_full": reasons.STORAGE_FULL, "too_long": reasons.QUERY_TOO_LONG}

TRANSLATIONS: dict[type[Exception], Callable[[Any], ApiError]] = {
    ApiError: lambda error: error,
    InvalidValue: _invalid_value,
    InvalidCredentials: lambda error: ApiError(reasons.INVALID_CREDENTIALS),
    NotFound: lambda error: ApiError(reasons.NOT_FOUND_OF_KIND[error.kind]),
    ObjectDeleted: lambda error: ApiError(
        reasons.STATE_INVALID, f"This {error.kind} is deleted. {reasons.STATE_INVALID.remedy}"
    ),
    ProviderInUse: _in_use,
    AlreadyExists: _already_exists,
    CustomerFrozen: lambda error: ApiError(reasons.CUSTOMER_FROZEN),
    TrunkAddressTaken: _address_taken,
    Protected: lambda error: ApiError(reasons.PROTECTED_OBJECT, f"{error.message}. {reasons.PROTECTED_OBJECT.remedy}"),
    StaleVersion: lambda error: ApiError(reasons.VERSION_MISMATCH),
    ChangedSince: _changed_since,
    ContentsGone: lambda error: ApiError(
        reasons.STATE_INVALID, "What this revision changed is kept no longer, so it cannot be undone."
    ),
    PermissionDenied: lambda error: ApiError(reasons.PERMISSION_DENIED),
    Unavailable: lambda error: ApiError(_UNAVAILABLE.get(error.code, reasons.DATABASE_UNAVAILABLE)),
    SecretsMissing: lambda error: ApiError(reasons.SECRETS_MISSING),
    KeyReused: lambda error: ApiError(reasons.IDEMPOTENCY_KEY_REUSED),
    KeyInUse: lambda error: ApiError(reasons.IDEMPOTENCY_KEY_IN_PROGRESS, headers={"Retry-After": str(RETRY_AFTER_S)}),
    TooManyJobs: lambda error: ApiError(reasons.OVERLOADED),
    JobElsewhere: lambda error: ApiError(reasons.JOB_ELSEWHERE),
    ChangeRefused: lambda error: error_of_change(error.index, error.error),
}
"""Exception -> error response. Any other exception is a fault of the program: INTERNAL."""


def api_error_of(error: Exception) -> ApiError:
    """The error response for an exception. Raises the exception itself if TRANSLATIONS has no row for it."""
    for kind in type(error).__mro__:
        if (translate := TRANSLATIONS.get(kind)) is not None:
            return translate(error)
    raise error


def outcome_of(error: Exception) -> dict[str, str]:
    """Why work that went on by itself has failed: `reason` and `message` as a refusal would have them."""
    try:
        refused = api_error_of(error)
    except Exception:  # a fault of the program
        refused = ApiError(reasons.INTERNAL)
    said = [f"{detail.field}: {detail.message}" for detail in refused.details]
    return {"reason": refused.reason.name, "message": "; ".join(said) or refused.message}
