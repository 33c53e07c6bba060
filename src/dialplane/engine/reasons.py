"""Why a candidate is tried at its place, or is not tried: a code for programs, a sentence for people."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """The codes, as decisions, records and the API show them."""

    OWN_ROUTE = "own_route"
    DEFAULT_ROUTE = "default_route"
    WEIGHTED = "weighted"
    UNHEALTHY = "unhealthy"
    BREAKER_OPEN = "breaker_open"
    PROVIDER_REPEATED = "provider_repeated"
    ROUTE_DISABLED = "route_disabled"
    ROUTE_NOT_VALID_NOW = "route_not_valid_now"
    PROVIDER_MISSING = "provider_missing"
    PROVIDER_DISABLED = "provider_disabled"
    CHANNEL_CAP_FULL = "channel_cap_full"
    CPS_CAP_FULL = "cps_cap_full"
    BEYOND_MAX_ATTEMPTS = "beyond_max_attempts"
    UNRESOLVED = "unresolved"
    OWN_SOCKET = "own_socket"
    DENIED_NETWORK = "denied_network"
    NO_SHARED_CODEC = "no_shared_codec"
    NO_BRANCH_LEFT = "no_branch_left"
    CONNECTION_TAKEN = "connection_taken"
    NUMBER_UNFORMATTABLE = "number_unformattable"
    ANONYMOUS_REFUSED = "anonymous_refused"
    ROUTING_NUMBER_IGNORED = "routing_number_ignored"


class Row(NamedTuple):
    """`drops_in`, `moves_in`: the rule (`stages.py`) by which a candidate with this reason leaves, or goes behind."""

    sentence: str
    drops_in: str = ""
    moves_in: str = ""


REASONS: Mapping[str, Row] = {
    Reason.OWN_ROUTE: Row("a route of the customer's own"),
    Reason.DEFAULT_ROUTE: Row("a system default route, behind the customer's own"),
    Reason.WEIGHTED: Row("placed among routes of equal priority by a weighted draw seeded by the call"),
    Reason.UNHEALTHY: Row("moved behind the healthy providers: the probes find it unhealthy", moves_in="health"),
    Reason.BREAKER_OPEN: Row(
        "moved behind all others: its recent calls failed and the breaker is open", moves_in="breaker"
    ),
    Reason.PROVIDER_REPEATED: Row("dropped: its provider already has an earlier place", drops_in="once"),
    Reason.ROUTE_DISABLED: Row("skipped: the route is disabled", drops_in="usable"),
    Reason.ROUTE_NOT_VALID_NOW: Row("skipped: the route is not valid at this time", drops_in="usable"),
    Reason.PROVIDER_MISSING: Row("skipped: the provider is deleted", drops_in="usable"),
    Reason.PROVIDER_DISABLED: Row("skipped: the provider is disabled", drops_in="usable"),
    Reason.CHANNEL_CAP_FULL: Row("skipped: all channels of the provider are in use", drops_in="limits"),
    Reason.CPS_CAP_FULL: Row("skipped: the provider's calls per second are used up", drops_in="limits"),
    Reason.BEYOND_MAX_ATTEMPTS: Row("dropped: the call may make no more attempts", drops_in="attempts"),
    Reason.UNRESOLVED: Row("skipped: no address of the provider's hostname was ever found", drops_in="limits"),
    Reason.OWN_SOCKET: Row("skipped: the provider's hostname leads to the edge itself", drops_in="limits"),
    Reason.DENIED_NETWORK: Row(
        "skipped: the provider's hostname leads to a network that this platform denies", drops_in="limits"
    ),
    Reason.NO_SHARED_CODEC: Row("skipped: the caller offers none of the provider's codecs", drops_in="limits"),
    Reason.NO_BRANCH_LEFT: Row("skipped: the edge has sent as many INVITEs for the call as it can", drops_in="limits"),
    Reason.CONNECTION_TAKEN: Row(
        "skipped: the connection to its address is another carrier's, by its certificate", drops_in="limits"
    ),
    Reason.NUMBER_UNFORMATTABLE: Row(
        "skipped: the provider's rules leave nothing of the number that can be sent", drops_in="limits"
    ),
    Reason.ANONYMOUS_REFUSED: Row(
        "skipped: the caller withholds its number, and the provider takes no such calls", drops_in="limits"
    ),
    Reason.ROUTING_NUMBER_IGNORED: Row(
        "chosen by the number called: the routing number (rn) that came with it is none"
    ),
}


def sentence(code: str) -> str:
    """The sentence for a code; the code itself if it is unknown here, as one of a newer edge may be."""
    row = REASONS.get(code)
    return row.sentence if row else code
