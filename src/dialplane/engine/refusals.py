"""Why a caller gets an answer that no carrier gave: one code each, with the SIP status and the sentence.

The values of those that are recorded are the `reason` of the call's record. `failover.py` has the answers that follow
from the carriers'.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

SERVICE_UNAVAILABLE = 503
RETRY_AFTER_S = 5
"""In each 503 that the edge itself gives (RFC 3261, section 21.5.4)."""


class Refusal(StrEnum):
    """The codes, in the order in which a request meets their checks."""

    BANNED = "banned"
    OVERLOAD = "overload"
    TOO_LARGE = "message_too_large"
    UNSUPPORTED_VERSION = "unsupported_version"
    UNSUPPORTED_SCHEME = "unsupported_scheme"
    UNSUPPORTED_EXTENSION = "unsupported_extension"
    MALFORMED = "malformed"
    NOTHING_TO_CANCEL = "nothing_to_cancel"
    FLOOD = "too_many_requests"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    SCANNER = "scanner"
    TOO_MANY_HOPS = "too_many_hops"
    NO_CONTACT = "no_contact"
    UNSOUND = "unsound_message"
    FOREIGN_ROUTE = "foreign_route"
    NO_TABLE = "no_routing_table"
    UNKNOWN_SOURCE = "unknown_source"
    NOT_AUTHENTICATED = "not_authenticated"
    LOOP = "loop"
    CUSTOMER_MISSING = "customer_missing"
    CUSTOMER_FROZEN = "customer_frozen"
    INVALID_NUMBER = "invalid_number"
    EMERGENCY = "emergency"
    NO_ROUTE = "no_route"
    TRUNK_CHANNELS_FULL = "trunk_channel_cap_full"
    TRUNK_CPS_FULL = "trunk_cps_cap_full"
    NO_DIALOG = "invalid_dialog_headers"
    NO_CARRIER = "no_usable_carrier"
    SCRIPT_ERROR = "script_error"
    UNKNOWN_DIALOG = "unknown_dialog"
    DIALOG_OVER = "dialog_over"
    DIALOG_CHALLENGED = "dialog_challenged"


class Decider(StrEnum):
    """Which part of the edge gives the answer."""

    NATIVE = "Kamailio's script"
    MODULE = "Kamailio's module `sanity`"
    SCRIPT = "Dialplane's script"


class Trace(StrEnum):
    """The record of a refused request: a call, or one more in a counter of the edge."""

    NONE = ""
    CALL = "the call, with this code as its `reason`"
    CALLS_SHED = "counter `calls_shed`"
    FLOODED = "counter `flooded`"
    STRANGERS = "counter `strangers`"
    SCRIPT_ERRORS = "counter `script_errors`, and the call if it had begun"


class Answer(NamedTuple):
    """The answer to one kind of request. `status` is None if it gets none at all."""

    status: int | None
    sentence: str
    decider: Decider
    trace: Trace = Trace.NONE

    @property
    def asks_to_retry(self) -> bool:
        """Whether the answer has a Retry-After of RETRY_AFTER_S."""
        return self.status == SERVICE_UNAVAILABLE


_NATIVE, _MODULE, _SCRIPT = Decider

ANSWERS: Mapping[Refusal, Answer] = {
    Refusal.BANNED: Answer(None, "the source is banned: too many requests, or wrong passwords", _NATIVE),
    Refusal.OVERLOAD: Answer(503, "the edge is overloaded, or its memory nearly full", _NATIVE, Trace.CALLS_SHED),
    Refusal.TOO_LARGE: Answer(513, "the message is larger than the edge takes", _NATIVE),
    Refusal.UNSUPPORTED_VERSION: Answer(505, "the request is not of SIP/2.0", _MODULE),
    Refusal.UNSUPPORTED_SCHEME: Answer(416, "the request URI is none of sip, sips and tel", _NATIVE),
    Refusal.UNSUPPORTED_EXTENSION: Answer(420, "the request's Proxy-Require names an extension", _MODULE),
    Refusal.MALFORMED: Answer(400, "a header that SIP demands is missing or cannot be parsed", _NATIVE),
    Refusal.NOTHING_TO_CANCEL: Answer(481, "a CANCEL of a call that is not being set up", _NATIVE),
    Refusal.FLOOD: Answer(
        503, "more requests a second than one source or all together may send", _NATIVE, Trace.FLOODED
    ),
    Refusal.METHOD_NOT_ALLOWED: Answer(405, "outside a dialog only calls and OPTIONS are served", _NATIVE),
    Refusal.SCANNER: Answer(403, "the User-Agent is a scanner's", _NATIVE, Trace.STRANGERS),
    Refusal.TOO_MANY_HOPS: Answer(483, "Max-Forwards is used up: the call goes in circles", _NATIVE),
    Refusal.NO_CONTACT: Answer(400, "the INVITE has no Contact", _NATIVE),
    Refusal.UNSOUND: Answer(400, "the message has bare line ends, NUL, or too many headers or Vias", _SCRIPT),
    Refusal.FOREIGN_ROUTE: Answer(403, "the INVITE's Route leads elsewhere than to this edge", _SCRIPT),
    Refusal.NO_TABLE: Answer(503, "the edge has no routing table yet", _SCRIPT, Trace.CALL),
    Refusal.UNKNOWN_SOURCE: Answer(403, "the call comes in by no trunk", _SCRIPT, Trace.STRANGERS),
    Refusal.NOT_AUTHENTICATED: Answer(
        407, "a trunk could be meant, and the credentials are missing, wrong or expired", _SCRIPT, Trace.STRANGERS
    ),
    Refusal.LOOP: Answer(482, "the INVITE has been here before, for the same number", _SCRIPT),
    Refusal.CUSTOMER_MISSING: Answer(403, "the customer does not exist", _SCRIPT, Trace.CALL),
    Refusal.CUSTOMER_FROZEN: Answer(403, "the customer is frozen", _SCRIPT, Trace.CALL),
    Refusal.INVALID_NUMBER: Answer(484, "this is not a phone number", _SCRIPT, Trace.CALL),
    Refusal.EMERGENCY: Answer(
        404, "an emergency or other short number, and no route names just this one", _SCRIPT, Trace.CALL
    ),
    Refusal.NO_ROUTE: Answer(404, "no route leads to this number", _SCRIPT, Trace.CALL),
    Refusal.TRUNK_CHANNELS_FULL: Answer(503, "all channels of the trunk are in use", _SCRIPT, Trace.CALL),
    Refusal.TRUNK_CPS_FULL: Answer(503, "the trunk's calls per second are used up", _SCRIPT, Trace.CALL),
    Refusal.NO_DIALOG: Answer(400, "the INVITE's headers cannot begin a dialog", _SCRIPT, Trace.CALL),
    Refusal.NO_CARRIER: Answer(503, "no carrier can be named to a trunk in redirect mode", _SCRIPT, Trace.CALL),
    Refusal.SCRIPT_ERROR: Answer(500, "a fault of the edge", _SCRIPT, Trace.SCRIPT_ERRORS),
    Refusal.UNKNOWN_DIALOG: Answer(481, "a request within a call that the edge does not carry", _SCRIPT),
    Refusal.DIALOG_OVER: Answer(481, "the call is over, or the request lacks the edge's Route", _NATIVE),
    Refusal.DIALOG_CHALLENGED: Answer(
        403, "a request within a call that its carrier wants credentials for, which the edge has not", _NATIVE
    ),
}


class SourceFault(StrEnum):
    """Why requests of a source were refused, more exactly than the answer says."""

    UNKNOWN_SOURCE = "unknown_source"
    NO_USABLE_TRUNK = "no_usable_trunk"
    NO_PASSWORD = "no_password"
    UNKNOWN_USER = "unknown_user"
    WRONG_PASSWORD = "wrong_password"
    REGISTERS = "registers"
    SCANNER = "scanner"


FAULTS: Mapping[str, str] = {
    SourceFault.UNKNOWN_SOURCE: "no trunk allows this address, and the request names no digest trunk",
    SourceFault.NO_USABLE_TRUNK: "a trunk allows this address, but it is disabled, not for addresses (`ip`), or the "
    "request names none of the domains that tell several apart",
    SourceFault.NO_PASSWORD: "no trunk allows this address; a digest trunk may be meant, but no password was sent",
    SourceFault.UNKNOWN_USER: "no enabled digest trunk has this user name in the realm",
    SourceFault.WRONG_PASSWORD: "the password is wrong",
    SourceFault.REGISTERS: "it tries to register: trunks are known by address or by the digest of each call",
    SourceFault.SCANNER: "its User-Agent is a scanner's",
}
"""Each as a sentence."""


def sentence_of(code: str) -> str | None:
    """The sentence for the `reason` of a call's record, None if that is none of these codes."""
    return next((answer.sentence for refusal, answer in ANSWERS.items() if refusal == code), None)


def status_of(refusal: Refusal) -> int:
    """The SIP status for a refusal. Raises ValueError if it is not answered at all."""
    status = ANSWERS[refusal].status
    if status is None:
        raise ValueError(f"{refusal} is not answered")
    return status
