"""Why a candidate is tried at its place, or is not tried: a code for programs, a sentence for people."""

from collections.abc import Mapping
from enum import StrEnum


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


SENTENCES: Mapping[str, str] = {
    Reason.OWN_ROUTE: "a route of the customer's own",
    Reason.DEFAULT_ROUTE: "a system default route, behind the customer's own",
    Reason.WEIGHTED: "placed among routes of equal priority by a weighted draw seeded by the call",
    Reason.UNHEALTHY: "moved behind the healthy providers: the probes find it unhealthy",
    Reason.BREAKER_OPEN: "moved behind all others: its recent calls failed and the breaker is open",
    Reason.PROVIDER_REPEATED: "dropped: its provider already has an earlier place",
    Reason.ROUTE_DISABLED: "skipped: the route is disabled",
    Reason.ROUTE_NOT_VALID_NOW: "skipped: the route is not valid at this time",
    Reason.PROVIDER_MISSING: "skipped: the provider is deleted",
    Reason.PROVIDER_DISABLED: "skipped: the provider is disabled",
    Reason.CHANNEL_CAP_FULL: "skipped: all channels of the provider are in use",
    Reason.CPS_CAP_FULL: "skipped: the provider's calls per second are used up",
    Reason.BEYOND_MAX_ATTEMPTS: "dropped: the call may make no more attempts",
    Reason.UNRESOLVED: "skipped: no address of the provider's hostname was ever found",
    Reason.OWN_SOCKET: "skipped: the provider's hostname leads to the edge itself",
    Reason.DENIED_NETWORK: "skipped: the provider's hostname leads to a network that this platform denies",
    Reason.NO_SHARED_CODEC: "skipped: the caller offers none of the provider's codecs",
    Reason.NO_BRANCH_LEFT: "skipped: the edge has sent as many INVITEs for the call as it can",
    Reason.CONNECTION_TAKEN: "skipped: the connection to its address is another carrier's, by its certificate",
    Reason.NUMBER_UNFORMATTABLE: "skipped: the provider's rules leave nothing of the number that can be sent",
    Reason.ANONYMOUS_REFUSED: "skipped: the caller withholds its number, and the provider takes no such calls",
    Reason.ROUTING_NUMBER_IGNORED: "chosen by the number called: the routing number (rn) that came with it is none",
}


def sentence(code: str) -> str:
    """The sentence for a code; the code itself if it is unknown here, as one of a newer edge may be."""
    return SENTENCES.get(code, code)
