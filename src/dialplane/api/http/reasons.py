"""The catalogue of reasons: every way in which a request can be refused.

The name is a promise to programs, the message is for people. The documentation's table is printed from here.
"""

from typing import NamedTuple

from dialplane.domain.kinds import KINDS

INVALID_ARGUMENT_STATUS = "INVALID_ARGUMENT"
UNAUTHENTICATED = "UNAUTHENTICATED"
PERMISSION_DENIED_STATUS = "PERMISSION_DENIED"
NOT_FOUND = "NOT_FOUND"
ALREADY_EXISTS_STATUS = "ALREADY_EXISTS"
FAILED_PRECONDITION = "FAILED_PRECONDITION"
RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
UNAVAILABLE = "UNAVAILABLE"
INTERNAL_STATUS = "INTERNAL"


class Reason(NamedTuple):
    """One entry: `name` as programs see it, `status` its class, `http` the status code."""

    name: str
    status: str
    http: int
    meaning: str
    remedy: str

    @property
    def message(self) -> str:
        """The message of an error that has nothing more exact to say."""
        return f"{self.meaning} {self.remedy}"


REASONS: dict[str, Reason] = {}
"""All reasons by name, in the order of the documentation."""


def _reason(name: str, status: str, http: int, meaning: str, remedy: str) -> Reason:
    REASONS[name] = entry = Reason(name, status, http, meaning, remedy)
    return entry


INVALID_JSON_BODY = _reason(
    "INVALID_JSON_BODY", INVALID_ARGUMENT_STATUS, 400,
    "The body is not a JSON object that every reader would understand alike.",
    "Send one UTF-8 JSON object without a byte order mark, duplicate names, NaN or Infinity, nested at most 32 deep.",
)  # fmt: skip
INVALID_ARGUMENT = _reason(
    "INVALID_ARGUMENT", INVALID_ARGUMENT_STATUS, 400,
    "A field of the body breaks its rule.",
    "Mend the fields that `details` names.",
)  # fmt: skip
INVALID_ID = _reason(
    "INVALID_ID", INVALID_ARGUMENT_STATUS, 400,
    "An id is not a UUID in its canonical form.",
    "Send 8-4-4-4-12 hexadecimal digits, without braces or a prefix.",
)  # fmt: skip
INVALID_REQUEST_PARAMETER = _reason(
    "INVALID_REQUEST_PARAMETER", INVALID_ARGUMENT_STATUS, 400,
    "A query parameter is unknown, given twice, or breaks its rule.",
    "Mend the parameters that `details` names.",
)  # fmt: skip
INVALID_REQUEST_HEADER = _reason(
    "INVALID_REQUEST_HEADER", INVALID_ARGUMENT_STATUS, 400,
    "A request header breaks its rule.",
    "Mend the header that `details` names.",
)  # fmt: skip
INVALID_HTTP_REQUEST = _reason(
    "INVALID_HTTP_REQUEST", INVALID_ARGUMENT_STATUS, 400,
    "What was sent is not an HTTP/1.1 request.",
    "Check the client, or the proxy between.",
)  # fmt: skip
AUTHENTICATION_REQUIRED = _reason(
    "AUTHENTICATION_REQUIRED", UNAUTHENTICATED, 401,
    "The request carries no credentials.",
    "Send `Authorization: Bearer <token or access key>`, `?token=` or `?accesskey=`, or a cookie of such a name.",
)  # fmt: skip
INVALID_CREDENTIALS = _reason(
    "INVALID_CREDENTIALS", UNAUTHENTICATED, 401,
    "The credentials are wrong, expired or withdrawn, or two of them disagree.",
    "Log in again, or use another access key.",
)  # fmt: skip
PERMISSION_DENIED = _reason(
    "PERMISSION_DENIED", PERMISSION_DENIED_STATUS, 403,
    "The caller's permission does not allow this operation.",
    "Ask an administrator, or use credentials with a wider permission.",
)  # fmt: skip
CUSTOMER_FROZEN = _reason(
    "CUSTOMER_FROZEN", PERMISSION_DENIED_STATUS, 403,
    "The caller's customer is frozen: its people and keys may do nothing, and its calls are refused.",
    "Ask the platform's administrators; POST /v1.0/customers/{id}/recover ends it.",
)  # fmt: skip
ENDPOINT_NOT_FOUND = _reason(
    "ENDPOINT_NOT_FOUND", NOT_FOUND, 404,
    "There is nothing at this path.",
    "See /docs for the paths there are.",
)  # fmt: skip
NOT_FOUND_OF_KIND: dict[str, Reason] = {}
"""The kind of an object, by its name in domain/kinds.py or one that only the service makes -> "there is no such"."""


def _not_found(kind: str, title: str, collection: str, *, by: str = "ids") -> Reason:
    NOT_FOUND_OF_KIND[kind] = entry = _reason(
        f"{kind.upper()}_NOT_FOUND", NOT_FOUND, 404,
        f"There is no such {title}.",
        f"Take {by} from GET /v1.0/{collection}.",
    )  # fmt: skip
    return entry


for _kind in KINDS.values():
    _not_found(_kind.name, _kind.title, _kind.collection)

CUSTOMER_NOT_FOUND = NOT_FOUND_OF_KIND["customer"]
PROVIDER_NOT_FOUND = NOT_FOUND_OF_KIND["provider"]
ROUTE_NOT_FOUND = NOT_FOUND_OF_KIND["route"]
TRUNK_NOT_FOUND = NOT_FOUND_OF_KIND["trunk"]
ACCESSKEY_NOT_FOUND = NOT_FOUND_OF_KIND["accesskey"]
AGENT_NOT_FOUND = NOT_FOUND_OF_KIND["agent"]
CALL_NOT_FOUND = _not_found("call", "call", "calls")
REVISION_NOT_FOUND = _not_found("revision", "revision", "revisions", by="numbers")
EDGE_NOT_FOUND = _not_found("edge", "edge", "edges", by="names")
JOB_NOT_FOUND = _not_found("job", "job", "jobs")
METHOD_NOT_ALLOWED = _reason(
    "METHOD_NOT_ALLOWED", INVALID_ARGUMENT_STATUS, 405,
    "The path does not know this method.",
    "Use one of those in the Allow header.",
)  # fmt: skip
REQUEST_TIMEOUT = _reason(
    "REQUEST_TIMEOUT", UNAVAILABLE, 408,
    "The body took too long to arrive.",
    "Send the request again, over a faster connection.",
)  # fmt: skip
ALREADY_EXISTS = _reason(
    "ALREADY_EXISTS", ALREADY_EXISTS_STATUS, 409,
    "Another object already holds a value that must be unique.",
    "Choose another value, or change that object instead.",
)  # fmt: skip
TRUNK_ADDRESS_TAKEN = _reason(
    "TRUNK_ADDRESS_TAKEN", ALREADY_EXISTS_STATUS, 409,
    "Another customer's trunk has this source address, or this digest user in this realm.",
    "Check what `details` names; where it is truly shared, the platform's administrators can set the trunk up.",
)  # fmt: skip
STATE_INVALID = _reason(
    "STATE_INVALID", FAILED_PRECONDITION, 409,
    "A deleted object cannot be changed.",
    "Create a new one, or undo the revision that deleted it.",
)  # fmt: skip
PROVIDER_IN_USE = _reason(
    "PROVIDER_IN_USE", FAILED_PRECONDITION, 409,
    "Live routes use this provider; `details` lists them.",
    "Change or delete those routes first, or repeat with ?force=true to delete them along with it.",
)  # fmt: skip
PROTECTED_OBJECT = _reason(
    "PROTECTED_OBJECT", FAILED_PRECONDITION, 409,
    "The object is part of the system and has to stay as it is.",
    "Leave it; make another object for what you need.",
)  # fmt: skip
CHANGED_SINCE = _reason(
    "CHANGED_SINCE", FAILED_PRECONDITION, 409,
    "Objects that the revision touched have changed again since; `details` names them.",
    "Undo the later revisions first, or change the objects by hand.",
)  # fmt: skip
JOB_ELSEWHERE = _reason(
    "JOB_ELSEWHERE", FAILED_PRECONDITION, 409,
    "The job goes on at another control node, which alone can cancel it.",
    "Ask that node; the job's answer does not say which it is.",
)  # fmt: skip
IDEMPOTENCY_KEY_IN_PROGRESS = _reason(
    "IDEMPOTENCY_KEY_IN_PROGRESS", FAILED_PRECONDITION, 409,
    "A request with this Idempotency-Key is still being carried out.",
    "Wait, then send it again to get its answer.",
)  # fmt: skip
VERSION_MISMATCH = _reason(
    "VERSION_MISMATCH", FAILED_PRECONDITION, 412,
    "The object is no longer at the version that If-Match names; nothing was written.",
    "Read it again, and repeat the change on what it is now.",
)  # fmt: skip
BODY_TOO_LARGE = _reason(
    "BODY_TOO_LARGE", INVALID_ARGUMENT_STATUS, 413,
    "The body is larger than the endpoint takes.",
    "Send less at a time; most endpoints take 1 MiB.",
)  # fmt: skip
UNSUPPORTED_MEDIA_TYPE = _reason(
    "UNSUPPORTED_MEDIA_TYPE", INVALID_ARGUMENT_STATUS, 415,
    "The body's type or encoding is not supported.",
    "Send `Content-Type: application/json` and no Content-Encoding.",
)  # fmt: skip
IDEMPOTENCY_KEY_REUSED = _reason(
    "IDEMPOTENCY_KEY_REUSED", FAILED_PRECONDITION, 422,
    "This Idempotency-Key was used with another request.",
    "Use a new key for each new request.",
)  # fmt: skip
RATE_LIMIT_EXCEEDED = _reason(
    "RATE_LIMIT_EXCEEDED", RESOURCE_EXHAUSTED, 429,
    "Too many requests.",
    "Wait for the seconds in Retry-After.",
)  # fmt: skip
HEADER_TOO_LARGE = _reason(
    "HEADER_TOO_LARGE", INVALID_ARGUMENT_STATUS, 431,
    "The request's headers are too large or too many.",
    "Send fewer and shorter headers; filters belong in at most a few query parameters.",
)  # fmt: skip
INTERNAL = _reason(
    "INTERNAL", INTERNAL_STATUS, 500,
    "Something went wrong on our side.",
    "Try again; if it stays, report the request_id, by which the log tells what happened.",
)  # fmt: skip
OVERLOADED = _reason(
    "OVERLOADED", UNAVAILABLE, 503,
    "More requests are in flight than can be served in time.",
    "Wait for the seconds in Retry-After, then send it again.",
)  # fmt: skip
DATABASE_UNAVAILABLE = _reason(
    "DATABASE_UNAVAILABLE", UNAVAILABLE, 503,
    "The database does not answer in time. Calls go on being routed.",
    "Wait for the seconds in Retry-After, then send it again; nothing was written.",
)  # fmt: skip
QUERY_TOO_LONG = _reason(
    "QUERY_TOO_LONG", UNAVAILABLE, 503,
    "The request would read more records than there is time for.",
    "Ask for a shorter window of time, or for less at a time.",
)  # fmt: skip
STORAGE_FULL = _reason(
    "STORAGE_FULL", UNAVAILABLE, 503,
    "The disk of the database is full; nothing was written. Calls go on being routed.",
    "Free some room on the control node's disk; no restart is needed.",
)  # fmt: skip
SECRETS_MISSING = _reason(
    "SECRETS_MISSING", UNAVAILABLE, 503,
    "The keys to stored passwords are gone, so none can be stored; nothing was written. Calls go on being routed.",
    "Bring back the folder secrets, or run `dialplane rotate-password-keys`; no restart is needed.",
)  # fmt: skip
