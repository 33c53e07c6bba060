"""Why a candidate stands where it stands: one code each, with the sentence a person reads."""

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

SENTENCES = {
    OWN_ROUTE: "a route of the customer's own",
    DEFAULT_ROUTE: "a system default route, behind the customer's own",
    WEIGHTED: "placed among routes of equal priority by a weighted draw seeded by the call",
    UNHEALTHY: "moved behind the healthy providers: the probes find it unhealthy",
    BREAKER_OPEN: "moved behind all others: its recent calls failed and the breaker is open",
    PROVIDER_REPEATED: "dropped: its provider already has an earlier place",
    ROUTE_DISABLED: "skipped: the route is disabled",
    ROUTE_NOT_VALID_NOW: "skipped: the route is not valid at this time",
    PROVIDER_MISSING: "skipped: the provider is deleted",
    PROVIDER_DISABLED: "skipped: the provider is disabled",
    CHANNEL_CAP_FULL: "skipped: all channels of the provider are in use",
    CPS_CAP_FULL: "skipped: the provider's calls per second are used up",
    BEYOND_MAX_ATTEMPTS: "dropped: the call may make no more attempts",
    UNRESOLVED: "skipped: no address of the provider's hostname was ever found",
    OWN_SOCKET: "skipped: the provider's hostname leads to the edge itself",
    DENIED_NETWORK: "skipped: the provider's hostname leads to a network that this platform denies",
    NO_SHARED_CODEC: "skipped: the caller offers none of the provider's codecs",
    NO_BRANCH_LEFT: "skipped: the edge has sent as many INVITEs for the call as it can",
}


def sentence(code: str) -> str:
    """What the code says to a person; the code itself where it is not one of ours."""
    return SENTENCES.get(code, code)
