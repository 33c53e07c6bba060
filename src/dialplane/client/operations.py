# Generated from the OpenAPI document of dialplane.api by `python -m tools.generate_client`, not edited by hand.
"""Every operation of the REST API as a value: what it takes and answers. The clients send by these."""

from typing import Any, Literal

from dialplane.client import schemas
from dialplane.client.operation import Operation, Parameter

_ID = Parameter("id", "path", str, required=True, description="The object's id.")

_EXPAND = Parameter(
    "expand",
    "query",
    str,
    description="Add `names`: the names of the objects of these kinds that are referred to, by id.",
)

_IF_MATCH = Parameter(
    "If-Match", "header", str, description="Carry it out only if the object is still at this version."
)

_PAGE_SIZE = Parameter("page_size", "query", int, description="How many at most; 0 and more than 100 are 100.")

_IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    "header",
    str,
    description="Sent again with the same key and body, the request gets its first answer again (for a day).",
)

_PAGE_TOKEN = Parameter(
    "page_token",
    "query",
    str,
    description="`next_page_token` of the page before, or the same instant as RFC 3339 has it; "
    "empty for the first page.",
)

_FROM = Parameter("from", "query", str, description="Begin of the window; an hour before its end by default.")

_TO = Parameter("to", "query", str, description="End of the window, itself outside; now by default.")

_STEP = Parameter(
    "step",
    "query",
    int,
    description="Length of the steps to show, in s, a multiple of 60; none by default. The window"
    " is widened to whole steps.",
)

_CUSTOMER_ID = Parameter("customer_id", "query", str, description="Only calls of this customer.")

_PROVIDER_ID = Parameter(
    "provider_id",
    "query",
    str,
    description="Only attempts to this provider, or customers' calls with one; not for trunks and edges.",
)

_EDGE = Parameter("edge", "query", str, description="Only this edge; of edges alone.")

_SORT = Parameter(
    "sort",
    "query",
    Literal["busiest", "unreached"],
    description="Which first: the busiest, or those of which most reached nobody.",
)

_AT = Parameter("at", "query", str, description="What if the call came then.")

_HEALTH = Parameter(
    "health",
    "query",
    Literal["live", "ignore"],
    description="`ignore`: what if all providers were healthy, and had room.",
)

_DOWN = Parameter(
    "down", "query", str, description="What if the probes found these providers unhealthy; ids with commas between."
)

_BROKEN = Parameter("broken", "query", str, description="What if the breakers of these were open.")

_FULL = Parameter("full", "query", str, description="What if all channels of these were in use.")

_REMOVED = Parameter("removed", "query", str, description="What if these were disabled.")

_CODECS = Parameter("codecs", "query", str, description="What if the caller offered these alone, `PCMA,G729`.")

_NUMBER = Parameter("number", "path", int, required=True, description="The revision's number.")

_NAME = Parameter("name", "path", str, required=True, description="The edge's name.")

_CALL_ID = Parameter("call_id", "query", str, description="Seeds the weighted draw: the same id gives the same order.")

_CALLER = Parameter(
    "caller", "query", str, description="Who calls, in E.164, or `anonymous`: for providers with rules for that."
)

_RN = Parameter("rn", "query", str, description="The routing number of a ported number; routes are chosen by it.")

_EXPLAIN = Parameter(
    "explain",
    "query",
    bool,
    description="Add every candidate's place and the reasons for it; providers without a free channel are skipped.",
)

_REVISION = Parameter(
    "revision",
    "query",
    int,
    description="By the table as it was after this revision, under the circumstances of now; at "
    "most 10,000 changes ago.",
)

LIST_DIALROUTES = Operation(
    name="listDialroutes",
    resource="",
    verb="dialroutes",
    method="GET",
    path="/v1.0/dialroutes",
    summary="The ordered routes of one call",
    permission="dialroute.list",
    parameters=(
        _AT,
        Parameter(
            "edge", "query", str, description="By this edge's view of the providers: its probes and its breakers."
        ),
        _HEALTH,
        _DOWN,
        _BROKEN,
        _FULL,
        _REMOVED,
        _CODECS,
        _CALL_ID,
        _CALLER,
        _RN,
        _EXPLAIN,
        _REVISION,
        _EXPAND,
        Parameter("customer_id", "query", str, required=True, description="Whose call it would be."),
        Parameter("target", "query", str, required=True, description="The number that is called, in E.164."),
        Parameter(
            "trunk_id",
            "query",
            str,
            description="The customer's trunk that it would come in by: its `caller_default` holds.",
        ),
    ),
    answer=schemas.DialrouteAnswer,
)

LIST_ROUTES = Operation(
    name="listRoutes",
    resource="routes",
    verb="list",
    method="GET",
    path="/v1.0/routes",
    summary="List routes",
    permission="route.list",
    parameters=(
        _PAGE_SIZE,
        Parameter(
            "page_token",
            "query",
            str,
            description="`next_page_token` of the page before, in the same order; without `sort` also an "
            "instant as RFC 3339 has it.",
        ),
        Parameter("id", "query", str, description="Only those with one of these ids."),
        Parameter("customer_id", "query", str, description="Only this customer's."),
        Parameter("provider_id", "query", str, description="Only those to one of these providers."),
        Parameter("target", "query", str, description="Only those with exactly this target."),
        Parameter("target_prefix", "query", str, description="Only those whose target begins so."),
        Parameter("covers", "query", str, description="Only those whose target matches this number."),
        Parameter("priority", "query", int, description="Only those of this priority."),
        Parameter("enabled", "query", bool, description="Only those that are enabled, or that are not."),
        Parameter(
            "state",
            "query",
            Literal["live", "disabled", "not_yet", "expired"],
            description="Only those that are so now: `live`, `disabled`, `not_yet` valid, `expired`.",
        ),
        Parameter(
            "q",
            "query",
            str,
            description="Only those whose name (in whatever case), target or id begins so; of an id 8 "
            "characters at least.",
        ),
        Parameter(
            "filter",
            "query",
            str,
            description="Only those that all its terms mean, like `provider:bics -customer:acme "
            "target:+44* priority:<3 is:disabled updated:<7d`; see the documentation of "
            "routes.",
        ),
        Parameter(
            "sort",
            "query",
            Literal["target", "-target", "priority", "-priority", "tm_update", "-tm_update", "tm_create", "-tm_create"],
            description="The order; `-` before it: from the greatest on. Newest first by default.",
        ),
        Parameter(
            "count", "query", Literal["estimate"], description="Add `count`: exact up to 10,000, about so many beyond."
        ),
        Parameter(
            "expand",
            "query",
            str,
            description="Add `names`: the names of the objects of these kinds that are referred to, by "
            "id; `state`: what each route is now.",
        ),
    ),
    answer=schemas.RoutePage,
)

CREATE_ROUTE = Operation(
    name="createRoute",
    resource="routes",
    verb="create",
    method="POST",
    path="/v1.0/routes",
    summary="Create a route",
    permission="route.create",
    parameters=(_IDEMPOTENCY_KEY,),
    body=schemas.RouteCreate,
    answer=schemas.RouteAnswer,
)

GET_ROUTE = Operation(
    name="getRoute",
    resource="routes",
    verb="get",
    method="GET",
    path="/v1.0/routes/{id}",
    summary="Get a route, deleted ones too",
    permission="route.get",
    parameters=(_ID,),
    answer=schemas.RouteAnswer,
)

UPDATE_ROUTE = Operation(
    name="updateRoute",
    resource="routes",
    verb="update",
    method="PUT",
    path="/v1.0/routes/{id}",
    summary="Change a route",
    permission="route.update",
    parameters=(
        _ID,
        _IF_MATCH,
    ),
    body=schemas.RouteUpdate,
    answer=schemas.RouteAnswer,
)

DELETE_ROUTE = Operation(
    name="deleteRoute",
    resource="routes",
    verb="delete",
    method="DELETE",
    path="/v1.0/routes/{id}",
    summary="Delete a route; again answers the same",
    permission="route.delete",
    parameters=(
        _ID,
        _IF_MATCH,
    ),
    answer=schemas.RouteAnswer,
)

MOVE_ROUTE = Operation(
    name="moveRoute",
    resource="routes",
    verb="move",
    method="POST",
    path="/v1.0/routes/{id}/move",
    summary="Try a route earlier or later among those to its target",
    permission="route.update",
    parameters=(
        _ID,
        _IDEMPOTENCY_KEY,
    ),
    body=schemas.RouteMove,
    answer=schemas.RouteAnswer,
)

LIST_CALLS = Operation(
    name="listCalls",
    resource="calls",
    verb="list",
    method="GET",
    path="/v1.0/calls",
    summary="List calls",
    permission="call.list",
    parameters=(
        _PAGE_SIZE,
        _PAGE_TOKEN,
        Parameter(
            "filter",
            "query",
            str,
            description="Only those that all its terms mean, like `provider:bics -customer:acme "
            "number:+44* verdict:saved started:<1h`: text, or one of `number:`, `provider:`, "
            "`customer:`, `trunk:`, `caller:`, `is:`, `verdict:`, `attempts:`, `reason:`, "
            "`edge:`, `callid:`, `started:` with a value; with a minus before it, all others."
            " The documentation of routes has the grammar.",
        ),
        Parameter("customer_id", "query", str, description="Only this customer's."),
        Parameter("trunk_id", "query", str, description="Only those that came in here."),
        Parameter("provider_id", "query", str, description="Only those with an attempt to this provider."),
        Parameter("number", "query", str, description="Only those to this number."),
        Parameter("number_prefix", "query", str, description="Only those to a number that begins so."),
        Parameter("number_suffix", "query", str, description="Only those to a number that ends in these digits."),
        Parameter("caller", "query", str, description="Only those from this caller: the `target` of their `source`."),
        Parameter("sip_call_id", "query", str, description="Only those whose INVITE had this Call-ID."),
        Parameter("edge", "query", str, description="Only those of this edge."),
        Parameter(
            "verdict",
            "query",
            Literal[
                "answered", "saved", "unanswered", "busy", "noanswer", "cancel", "dialout", "failed", "refused", "lost"
            ],
            description="Only those of which this became.",
        ),
        Parameter("min_attempts", "query", int, description="Only those with so many INVITEs or more."),
        Parameter("reason", "query", str, description="Only those whose `reason` holds this text, in whatever case."),
        Parameter(
            "status",
            "query",
            Literal["dialing", "ringing", "progressing", "hangup"],
            description="Only those in this status.",
        ),
        Parameter("started_from", "query", str, description="Only those that started then or later."),
        Parameter("started_until", "query", str, description="Only those that started before."),
        _EXPAND,
    ),
    answer=schemas.CallPage,
)

GET_CALL = Operation(
    name="getCall",
    resource="calls",
    verb="get",
    method="GET",
    path="/v1.0/calls/{id}",
    summary="Get a call with its attempts",
    permission="call.get",
    parameters=(
        _ID,
        _EXPAND,
    ),
    answer=schemas.CallAnswer,
)

ERASE_CALLS = Operation(
    name="eraseCalls",
    resource="calls",
    verb="erasures",
    method="POST",
    path="/v1.0/calls/erasures",
    summary="Erase one person's calls",
    description="Erased are those that are over. What edges report of them later is not stored.",
    permission="call.erase",
    body=schemas.Erasure,
    answer=schemas.ErasureAnswer,
)

GET_CALL_TIMELINE = Operation(
    name="getCallTimeline",
    resource="calls",
    verb="timeline",
    method="GET",
    path="/v1.0/calls/{id}/timeline",
    summary="Get a call as sentences, and as SIP messages",
    permission="call.get",
    parameters=(_ID,),
    answer=schemas.TimelineAnswer,
)

FOLLOW_FEED = Operation(
    name="followFeed",
    resource="",
    verb="feed",
    method="GET",
    path="/v1.0/feed",
    summary="Follow changes",
    description='Newline-delimited JSON. The first line is `{"epoch", "revision", "full"}`, then '
    'one `{"kind", "record"}` for each object that changed in (since, revision], and '
    'last `{"end", "count"}`. An answer without its last line must be thrown away. '
    "`full` means: start from nothing.",
    permission="feed.read",
    parameters=(
        Parameter("since", "query", int, description="The newest revision that the edge has."),
        Parameter("epoch", "query", str, description="The epoch of that revision; empty for none."),
        Parameter("wait", "query", int, description="Seconds to wait when there is nothing newer."),
        Parameter("edge", "query", str, description="Name of the edge."),
    ),
    answer=str,
)

REPORT_EVENTS = Operation(
    name="reportEvents",
    resource="",
    verb="report_events",
    method="POST",
    path="/v1.0/events",
    summary="Report events",
    permission="events.write",
    body=schemas.EventBatch,
    answer=schemas.EventsAnswer,
    safe_to_repeat=True,
)

LIST_PROVIDERS = Operation(
    name="listProviders",
    resource="providers",
    verb="list",
    method="GET",
    path="/v1.0/providers",
    summary="List providers",
    permission="provider.list",
    parameters=(
        _PAGE_SIZE,
        _PAGE_TOKEN,
        Parameter(
            "filter",
            "query",
            str,
            description="Only those that all its terms mean, like `-is:disabled transport:tls`: text, or "
            "one of `is:`, `transport:`, `updated:`, `created:` with a value; with a minus "
            "before it, all others. The documentation of routes has the grammar.",
        ),
        Parameter(
            "show",
            "query",
            str,
            description="Add to each: `edges`, each edge's view of it; `use`, how much it is used.",
        ),
    ),
    answer=schemas.ProviderPage,
)

CREATE_PROVIDER = Operation(
    name="createProvider",
    resource="providers",
    verb="create",
    method="POST",
    path="/v1.0/providers",
    summary="Create a provider",
    permission="provider.create",
    parameters=(_IDEMPOTENCY_KEY,),
    body=schemas.ProviderCreate,
    answer=schemas.ProviderAnswer,
)

GET_PROVIDER = Operation(
    name="getProvider",
    resource="providers",
    verb="get",
    method="GET",
    path="/v1.0/providers/{id}",
    summary="Get a provider, deleted ones too",
    permission="provider.get",
    parameters=(_ID,),
    answer=schemas.ProviderAnswer,
)

UPDATE_PROVIDER = Operation(
    name="updateProvider",
    resource="providers",
    verb="update",
    method="PUT",
    path="/v1.0/providers/{id}",
    summary="Change a provider",
    permission="provider.update",
    parameters=(
        _ID,
        _IF_MATCH,
    ),
    body=schemas.ProviderUpdate,
    answer=schemas.ProviderAnswer,
)

DELETE_PROVIDER = Operation(
    name="deleteProvider",
    resource="providers",
    verb="delete",
    method="DELETE",
    path="/v1.0/providers/{id}",
    summary="Delete a provider; again answers the same",
    permission="provider.delete",
    parameters=(
        _ID,
        Parameter("force", "query", bool, description="Delete the routes that use it along with it, in one revision."),
        _IF_MATCH,
    ),
    answer=schemas.ProviderAnswer,
)

GET_PROVIDER_HEALTH = Operation(
    name="getProviderHealth",
    resource="providers",
    verb="health",
    method="GET",
    path="/v1.0/providers/{id}/health",
    summary="Get each edge's view of a provider",
    permission="provider.get",
    parameters=(_ID,),
    answer=schemas.HealthAnswer,
)

GET_PROVIDER_ABSENCE = Operation(
    name="getProviderAbsence",
    resource="providers",
    verb="absence",
    method="GET",
    path="/v1.0/providers/{id}/absence",
    summary="What would have become of the last day's calls without a provider",
    description="By the decisions that are stored with them; the newest 500 calls that had it in their plan.",
    permission="provider.absence",
    parameters=(
        _ID,
        _EXPAND,
    ),
    answer=schemas.AbsenceAnswer,
)

GET_PROVIDER_INVITE = Operation(
    name="getProviderInvite",
    resource="providers",
    verb="invite",
    method="GET",
    path="/v1.0/providers/{id}/invite",
    summary="Get the INVITE that a provider would get",
    description="What the provider's settings make of a call; the rest of it is the caller's own.",
    permission="provider.get",
    parameters=(
        _ID,
        Parameter(
            "number",
            "query",
            str,
            description="The number that is called, in E.164; an example of the provider's `home_region` by default.",
        ),
        Parameter("caller", "query", str, description="Who calls, in E.164, or `anonymous`."),
        Parameter("rn", "query", str, description="The routing number of a ported number."),
    ),
    answer=schemas.InviteAnswer,
)

LIST_CUSTOMERS = Operation(
    name="listCustomers",
    resource="customers",
    verb="list",
    method="GET",
    path="/v1.0/customers",
    summary="List customers",
    permission="customer.list",
    parameters=(
        _PAGE_SIZE,
        _PAGE_TOKEN,
        Parameter(
            "filter",
            "query",
            str,
            description="Only those that all its terms mean, like `-is:frozen created:<30d`: text, or one"
            " of `is:`, `updated:`, `created:` with a value; with a minus before it, all "
            "others. The documentation of routes has the grammar.",
        ),
    ),
    answer=schemas.CustomerPage,
)

CREATE_CUSTOMER = Operation(
    name="createCustomer",
    resource="customers",
    verb="create",
    method="POST",
    path="/v1.0/customers",
    summary="Create a customer",
    permission="customer.create",
    parameters=(_IDEMPOTENCY_KEY,),
    body=schemas.CustomerCreate,
    answer=schemas.CustomerAnswer,
)

GET_CUSTOMER = Operation(
    name="getCustomer",
    resource="customers",
    verb="get",
    method="GET",
    path="/v1.0/customers/{id}",
    summary="Get a customer, deleted ones too",
    permission="customer.get",
    parameters=(_ID,),
    answer=schemas.CustomerAnswer,
)

UPDATE_CUSTOMER = Operation(
    name="updateCustomer",
    resource="customers",
    verb="update",
    method="PUT",
    path="/v1.0/customers/{id}",
    summary="Change a customer",
    permission="customer.update",
    parameters=(
        _ID,
        _IF_MATCH,
    ),
    body=schemas.CustomerUpdate,
    answer=schemas.CustomerAnswer,
)

DELETE_CUSTOMER = Operation(
    name="deleteCustomer",
    resource="customers",
    verb="delete",
    method="DELETE",
    path="/v1.0/customers/{id}",
    summary="Delete a customer; again answers the same",
    permission="customer.delete",
    parameters=(
        _ID,
        _IF_MATCH,
    ),
    answer=schemas.CustomerAnswer,
)

FREEZE_CUSTOMER = Operation(
    name="freezeCustomer",
    resource="customers",
    verb="freeze",
    method="POST",
    path="/v1.0/customers/{id}/freeze",
    summary="Refuse a customer's people, keys and calls",
    permission="customer.update",
    parameters=(_ID,),
    answer=schemas.CustomerAnswer,
)

RECOVER_CUSTOMER = Operation(
    name="recoverCustomer",
    resource="customers",
    verb="recover",
    method="POST",
    path="/v1.0/customers/{id}/recover",
    summary="Serve a frozen customer again",
    permission="customer.update",
    parameters=(_ID,),
    answer=schemas.CustomerAnswer,
)

GET_OWN_CUSTOMER = Operation(
    name="getOwnCustomer",
    resource="",
    verb="customer",
    method="GET",
    path="/v1.0/customer",
    summary="Get the caller's own customer",
    permission="customer.get_own",
    answer=schemas.CustomerAnswer,
)

UPDATE_OWN_CUSTOMER = Operation(
    name="updateOwnCustomer",
    resource="",
    verb="update_own_customer",
    method="PUT",
    path="/v1.0/customer",
    summary="Change the caller's own customer",
    permission="customer.update_own",
    parameters=(_IF_MATCH,),
    body=schemas.OwnCustomerUpdate,
    answer=schemas.CustomerAnswer,
)

LIST_TRUNKS = Operation(
    name="listTrunks",
    resource="trunks",
    verb="list",
    method="GET",
    path="/v1.0/trunks",
    summary="List trunks",
    permission="trunk.list",
    parameters=(
        _PAGE_SIZE,
        _PAGE_TOKEN,
        Parameter(
            "filter",
            "query",
            str,
            description="Only those that all its terms mean, like `-customer:acme is:enabled "
            "198.51.100.`: text, or one of `customer:`, `is:`, `region:`, `updated:`, "
            "`created:` with a value; with a minus before it, all others. The documentation "
            "of routes has the grammar.",
        ),
        Parameter("customer_id", "query", str, description="Only this customer's."),
        _EXPAND,
    ),
    answer=schemas.TrunkPage,
)

CREATE_TRUNK = Operation(
    name="createTrunk",
    resource="trunks",
    verb="create",
    method="POST",
    path="/v1.0/trunks",
    summary="Create a trunk",
    permission="trunk.create",
    parameters=(_IDEMPOTENCY_KEY,),
    body=schemas.TrunkCreate,
    answer=schemas.TrunkAnswer,
)

GET_TRUNK = Operation(
    name="getTrunk",
    resource="trunks",
    verb="get",
    method="GET",
    path="/v1.0/trunks/{id}",
    summary="Get a trunk, deleted ones too",
    permission="trunk.get",
    parameters=(_ID,),
    answer=schemas.TrunkAnswer,
)

UPDATE_TRUNK = Operation(
    name="updateTrunk",
    resource="trunks",
    verb="update",
    method="PUT",
    path="/v1.0/trunks/{id}",
    summary="Change a trunk",
    permission="trunk.update",
    parameters=(
        _ID,
        _IF_MATCH,
    ),
    body=schemas.TrunkUpdate,
    answer=schemas.TrunkAnswer,
)

DELETE_TRUNK = Operation(
    name="deleteTrunk",
    resource="trunks",
    verb="delete",
    method="DELETE",
    path="/v1.0/trunks/{id}",
    summary="Delete a trunk; again answers the same",
    permission="trunk.delete",
    parameters=(
        _ID,
        _IF_MATCH,
    ),
    answer=schemas.TrunkAnswer,
)

GET_TRUNK_SNIPPETS = Operation(
    name="getTrunkSnippets",
    resource="trunks",
    verb="snippets",
    method="GET",
    path="/v1.0/trunks/{id}/snippets",
    summary="Get what to write into a switch so that its calls come in by a trunk",
    permission="trunk.get",
    parameters=(_ID,),
    answer=schemas.SnippetsAnswer,
)

LIST_ACCESS_KEYS = Operation(
    name="listAccessKeys",
    resource="accesskeys",
    verb="list",
    method="GET",
    path="/v1.0/accesskeys",
    summary="List access keys",
    permission="accesskey.list",
    parameters=(
        _PAGE_SIZE,
        _PAGE_TOKEN,
        Parameter(
            "filter",
            "query",
            str,
            description="Only those that all its terms mean, like `is:expiring -role:edge`: text, or one "
            "of `customer:`, `role:`, `is:`, `edge:`, `expires:`, `updated:`, `created:` with"
            " a value; with a minus before it, all others. The documentation of routes has "
            "the grammar.",
        ),
        Parameter("customer_id", "query", str, description="Only this customer's."),
        Parameter(
            "expand",
            "query",
            str,
            description="Add `names`: the names of the customers that are referred to, by id; `state`: "
            "what each key is now; `used`: when, and from where, each was used last.",
        ),
    ),
    answer=schemas.AccessKeyPage,
)

CREATE_ACCESS_KEY = Operation(
    name="createAccessKey",
    resource="accesskeys",
    verb="create",
    method="POST",
    path="/v1.0/accesskeys",
    summary="Create an access key",
    permission="accesskey.create",
    parameters=(_IDEMPOTENCY_KEY,),
    body=schemas.AccessKeyCreate,
    answer=schemas.AccessKeyAnswer,
)

GET_ACCESS_KEY = Operation(
    name="getAccessKey",
    resource="accesskeys",
    verb="get",
    method="GET",
    path="/v1.0/accesskeys/{id}",
    summary="Get an access key, deleted ones too",
    permission="accesskey.get",
    parameters=(_ID,),
    answer=schemas.AccessKeyAnswer,
)

UPDATE_ACCESS_KEY = Operation(
    name="updateAccessKey",
    resource="accesskeys",
    verb="update",
    method="PUT",
    path="/v1.0/accesskeys/{id}",
    summary="Change an access key",
    permission="accesskey.update",
    parameters=(
        _ID,
        _IF_MATCH,
    ),
    body=schemas.AccessKeyUpdate,
    answer=schemas.AccessKeyAnswer,
)

DELETE_ACCESS_KEY = Operation(
    name="deleteAccessKey",
    resource="accesskeys",
    verb="delete",
    method="DELETE",
    path="/v1.0/accesskeys/{id}",
    summary="Delete an access key; again answers the same",
    permission="accesskey.delete",
    parameters=(
        _ID,
        _IF_MATCH,
    ),
    answer=schemas.AccessKeyAnswer,
)

LIST_AGENTS = Operation(
    name="listAgents",
    resource="agents",
    verb="list",
    method="GET",
    path="/v1.0/agents",
    summary="List agents",
    permission="agent.list",
    parameters=(
        _PAGE_SIZE,
        _PAGE_TOKEN,
        Parameter(
            "filter",
            "query",
            str,
            description="Only those that all its terms mean, like `role:customer_admin -customer:acme`: "
            "text, or one of `customer:`, `role:`, `updated:`, `created:` with a value; with "
            "a minus before it, all others. The documentation of routes has the grammar.",
        ),
        Parameter("customer_id", "query", str, description="Only this customer's."),
        Parameter(
            "expand",
            "query",
            str,
            description="Add `names`: the names of the customers that are referred to, by id; `sessions`:"
            " when each agent logged in last, and how many sessions of it last, for "
            "administrators.",
        ),
        Parameter("status", "query", str, description="Taken and not looked at: agents have no status here."),
        Parameter("tag_ids", "query", str, description="Taken and not looked at: tags have no meaning here."),
    ),
    answer=schemas.AgentPage,
)

CREATE_AGENT = Operation(
    name="createAgent",
    resource="agents",
    verb="create",
    method="POST",
    path="/v1.0/agents",
    summary="Create an agent",
    permission="agent.create",
    parameters=(_IDEMPOTENCY_KEY,),
    body=schemas.AgentCreate,
    answer=schemas.AgentAnswer,
)

GET_AGENT = Operation(
    name="getAgent",
    resource="agents",
    verb="get",
    method="GET",
    path="/v1.0/agents/{id}",
    summary="Get an agent, deleted ones too",
    permission="agent.get",
    parameters=(_ID,),
    answer=schemas.AgentAnswer,
)

UPDATE_AGENT = Operation(
    name="updateAgent",
    resource="agents",
    verb="update",
    method="PUT",
    path="/v1.0/agents/{id}",
    summary="Change an agent",
    permission="agent.update",
    parameters=(
        _ID,
        _IF_MATCH,
    ),
    body=schemas.AgentUpdate,
    answer=schemas.AgentAnswer,
)

DELETE_AGENT = Operation(
    name="deleteAgent",
    resource="agents",
    verb="delete",
    method="DELETE",
    path="/v1.0/agents/{id}",
    summary="Delete an agent; again answers the same",
    permission="agent.delete",
    parameters=(
        _ID,
        _IF_MATCH,
    ),
    answer=schemas.AgentAnswer,
)

UPDATE_AGENT_PASSWORD = Operation(
    name="updateAgentPassword",
    resource="agents",
    verb="password",
    method="PUT",
    path="/v1.0/agents/{id}/password",
    summary="Give an agent a new password",
    permission="agent.update",
    parameters=(
        _ID,
        _IF_MATCH,
    ),
    body=schemas.AgentPassword,
    answer=schemas.AgentAnswer,
)

UPDATE_AGENT_PERMISSION = Operation(
    name="updateAgentPermission",
    resource="agents",
    verb="permission",
    method="PUT",
    path="/v1.0/agents/{id}/permission",
    summary="Give an agent another permission",
    permission="agent.update",
    parameters=(
        _ID,
        _IF_MATCH,
    ),
    body=schemas.AgentPermission,
    answer=schemas.AgentAnswer,
)

LIST_AGENT_SESSIONS = Operation(
    name="listAgentSessions",
    resource="agents",
    verb="sessions",
    method="GET",
    path="/v1.0/agents/{id}/sessions",
    summary="List the sessions of an agent that last",
    permission="agent.sessions",
    parameters=(_ID,),
    answer=schemas.AgentSessions,
)

LOG_AGENT_OUT = Operation(
    name="logAgentOut",
    resource="agents",
    verb="logout",
    method="POST",
    path="/v1.0/agents/{id}/logout",
    summary="Log an agent out: all of its sessions end",
    description="As a new password does, but the password stays.",
    permission="agent.logout",
    parameters=(_ID,),
    answer=schemas.AgentAnswer,
)

GET_ME = Operation(
    name="getMe",
    resource="",
    verb="me",
    method="GET",
    path="/v1.0/me",
    summary="Who the caller is",
    permission="me.get",
    answer=schemas.MeAnswer,
)

LIST_DIALLED_DIALROUTES = Operation(
    name="listDialledDialroutes",
    resource="",
    verb="dialled",
    method="GET",
    path="/v1.0/dialled",
    summary="The ordered routes of what a switch dials",
    permission="dialroute.list",
    parameters=(
        _AT,
        Parameter(
            "edge", "query", str, description="By this edge's view of the providers: its probes and its breakers."
        ),
        _HEALTH,
        _DOWN,
        _BROKEN,
        _FULL,
        _REMOVED,
        _CODECS,
        _CALL_ID,
        _CALLER,
        _RN,
        _EXPLAIN,
        _REVISION,
        _EXPAND,
        Parameter("trunk_id", "query", str, required=True, description="The trunk that the call would come in by."),
        Parameter("dialled", "query", str, required=True, description="The user part of the request URI."),
    ),
    answer=schemas.DialledAnswer,
)

LIST_FIRST_TARGETS = Operation(
    name="listFirstTargets",
    resource="providers",
    verb="targets",
    method="GET",
    path="/v1.0/providers/{id}/targets",
    summary="The targets whose calls would try a provider first",
    description="Which of the targets of a provider's routes those are is decided by the engine "
    "that decides live calls, for an example number of each. How long a page may take"
    " is bounded, not how many targets there are.",
    permission="provider.targets",
    parameters=(
        _ID,
        _PAGE_SIZE,
        _AT,
        Parameter(
            "edge", "query", str, description="By this edge's view of the providers: its probes and its breakers."
        ),
        _HEALTH,
        _DOWN,
        _BROKEN,
        _FULL,
        _REMOVED,
        _CODECS,
        Parameter(
            "customer_id",
            "query",
            str,
            required=True,
            description="Whose calls; the system default customer's are by its routes alone.",
        ),
        Parameter("page_token", "query", str, description="`next_page_token` of the page before."),
        _EXPAND,
    ),
    answer=schemas.FirstTargetsAnswer,
)

LIST_REVISIONS = Operation(
    name="listRevisions",
    resource="revisions",
    verb="list",
    method="GET",
    path="/v1.0/revisions",
    summary="List revisions",
    permission="revision.list",
    parameters=(
        _PAGE_SIZE,
        _PAGE_TOKEN,
        Parameter(
            "filter",
            "query",
            str,
            description="Only those that all its terms mean, like `by:dana -kind:route made:<7d`: text, "
            "or one of `by:`, `kind:`, `did:`, `objects:`, `made:` with a value; with a minus"
            " before it, all others. The documentation of routes has the grammar.",
        ),
        Parameter("object_id", "query", str, description="Only those that changed this object."),
        Parameter(
            "kind",
            "query",
            Literal["customer", "provider", "trunk", "route", "accesskey", "agent"],
            description="Only those that changed an object of this kind.",
        ),
        Parameter("actor_id", "query", str, description="Only those made by this agent or access key."),
        Parameter("since", "query", str, description="Only those made then or later."),
        Parameter("until", "query", str, description="Only those made before."),
    ),
    answer=schemas.RevisionPage,
)

GET_REVISION = Operation(
    name="getRevision",
    resource="revisions",
    verb="get",
    method="GET",
    path="/v1.0/revisions/{number}",
    summary="Get a revision with what it changed",
    permission="revision.get",
    parameters=(
        _NUMBER,
        Parameter("page_size", "query", int, description="How many changes at most."),
        Parameter("after", "query", int, description="`next_after` of the page before."),
        _EXPAND,
    ),
    answer=schemas.RevisionAnswer,
)

COMPARE_REVISIONS = Operation(
    name="compareRevisions",
    resource="revisions",
    verb="difference",
    method="GET",
    path="/v1.0/revisions/{number}/difference",
    summary="Compare two revisions, object by object and field by field",
    permission="revision.get",
    parameters=(
        _NUMBER,
        Parameter("to", "query", int, required=True, description="The other revision's number; 0: before the first."),
        _EXPAND,
    ),
    answer=schemas.DifferenceAnswer,
)

UNDO_REVISION = Operation(
    name="undoRevision",
    resource="revisions",
    verb="undo",
    method="POST",
    path="/v1.0/revisions/{number}/undo",
    summary="Reverse a revision by a new one",
    permission="revision.undo",
    parameters=(
        _NUMBER,
        _IDEMPOTENCY_KEY,
    ),
    answer=schemas.RevisionAnswer,
)

LOGIN = Operation(
    name="login",
    resource="auth",
    verb="login",
    method="POST",
    path="/auth/login",
    summary="Log in",
    body=schemas.Login,
    answer=schemas.LoginAnswer,
)

APPLY_CHANGES = Operation(
    name="applyChanges",
    resource="",
    verb="apply_changes",
    method="POST",
    path="/v1.0/changes",
    summary="Carry out many changes, all or none, as one revision",
    permission="changes.apply",
    parameters=(
        _IDEMPOTENCY_KEY,
        Parameter("dry_run", "query", bool, description="Answer what would change, and change nothing."),
    ),
    body=schemas.ChangesBody,
    answer=schemas.ChangesAnswer,
)

LIST_EDGES = Operation(
    name="listEdges",
    resource="edges",
    verb="list",
    method="GET",
    path="/v1.0/edges",
    summary="List edges",
    permission="edge.list",
    parameters=(
        _PAGE_SIZE,
        _PAGE_TOKEN,
    ),
    answer=schemas.EdgePage,
)

GET_EDGE = Operation(
    name="getEdge",
    resource="edges",
    verb="get",
    method="GET",
    path="/v1.0/edges/{name}",
    summary="Get an edge",
    permission="edge.get",
    parameters=(_NAME,),
    answer=schemas.EdgeAnswer,
)

DELETE_EDGE = Operation(
    name="deleteEdge",
    resource="edges",
    verb="delete",
    method="DELETE",
    path="/v1.0/edges/{name}",
    summary="Delete an edge that is gone",
    permission="edge.delete",
    parameters=(_NAME,),
    answer=schemas.EdgeAnswer,
)

LIST_REFUSALS = Operation(
    name="listRefusals",
    resource="edges",
    verb="refusals",
    method="GET",
    path="/v1.0/edges/{name}/refusals",
    summary="The sources that an edge refused last, and why",
    permission="edge.refusals",
    parameters=(_NAME,),
    answer=schemas.RefusalsAnswer,
)

GET_PROVIDER_STATS = Operation(
    name="getProviderStats",
    resource="stats",
    verb="providers",
    method="GET",
    path="/v1.0/stats/providers",
    summary="Figures of providers' attempts",
    description="The busiest first, or as `sort` says. Those with neither an attempt in the "
    "window nor a channel in use are left out. The window is widened to whole "
    "minutes; to whole hours if it is longer than a day, to whole days if longer than"
    " 14; and with `step` to whole steps. The answer says which one it is. With "
    "`step`, each figure is an array too, with a value for each step.",
    permission="stats.list",
    parameters=(
        _FROM,
        _TO,
        _STEP,
        _CUSTOMER_ID,
        _PROVIDER_ID,
        _EDGE,
        Parameter("page_size", "query", int, description="How many."),
        _SORT,
        _EXPAND,
    ),
    answer=schemas.ProviderStatsWindow,
)

GET_ROUTE_STATS = Operation(
    name="getRouteStats",
    resource="stats",
    verb="routes",
    method="GET",
    path="/v1.0/stats/routes",
    summary="Figures of routes' attempts",
    description="The busiest first, or as `sort` says. Those with neither an attempt in the "
    "window nor a channel in use are left out. The window is widened to whole "
    "minutes; to whole hours if it is longer than a day, to whole days if longer than"
    " 14; and with `step` to whole steps. The answer says which one it is. With "
    "`step`, each figure is an array too, with a value for each step.",
    permission="stats.list",
    parameters=(
        _FROM,
        _TO,
        _STEP,
        _CUSTOMER_ID,
        _PROVIDER_ID,
        _EDGE,
        Parameter("page_size", "query", int, description="How many."),
        _SORT,
        _EXPAND,
    ),
    answer=schemas.RouteStatsWindow,
)

GET_TARGET_STATS = Operation(
    name="getTargetStats",
    resource="stats",
    verb="targets",
    method="GET",
    path="/v1.0/stats/targets",
    summary="Figures of the attempts to targets",
    description="The busiest first, or as `sort` says. Those with neither an attempt in the "
    "window nor a channel in use are left out. The window is widened to whole "
    "minutes; to whole hours if it is longer than a day, to whole days if longer than"
    " 14; and with `step` to whole steps. The answer says which one it is. With "
    "`step`, each figure is an array too, with a value for each step.",
    permission="stats.list",
    parameters=(
        _FROM,
        _TO,
        _STEP,
        _CUSTOMER_ID,
        _PROVIDER_ID,
        _EDGE,
        Parameter("page_size", "query", int, description="How many."),
        _SORT,
        _EXPAND,
    ),
    answer=schemas.TargetStatsWindow,
)

GET_STATUS_STATS = Operation(
    name="getStatusStats",
    resource="stats",
    verb="statuses",
    method="GET",
    path="/v1.0/stats/statuses",
    summary="Figures of attempts by their final SIP status",
    description="The busiest first, or as `sort` says. Those with neither an attempt in the "
    "window nor a channel in use are left out. The window is widened to whole "
    "minutes; to whole hours if it is longer than a day, to whole days if longer than"
    " 14; and with `step` to whole steps. The answer says which one it is. With "
    "`step`, each figure is an array too, with a value for each step.",
    permission="stats.list",
    parameters=(
        _FROM,
        _TO,
        _STEP,
        _CUSTOMER_ID,
        _PROVIDER_ID,
        _EDGE,
        Parameter("page_size", "query", int, description="How many."),
        _SORT,
        _EXPAND,
    ),
    answer=schemas.StatusStatsWindow,
)

GET_CUSTOMER_STATS = Operation(
    name="getCustomerStats",
    resource="stats",
    verb="customers",
    method="GET",
    path="/v1.0/stats/customers",
    summary="Figures of customers' calls",
    description="The busiest first, or as `sort` says. Those with neither an attempt in the "
    "window nor a channel in use are left out. The window is widened to whole "
    "minutes; to whole hours if it is longer than a day, to whole days if longer than"
    " 14; and with `step` to whole steps. The answer says which one it is. With "
    "`step`, each figure is an array too, with a value for each step.",
    permission="stats.list",
    parameters=(
        _FROM,
        _TO,
        _STEP,
        _CUSTOMER_ID,
        _PROVIDER_ID,
        _EDGE,
        Parameter("page_size", "query", int, description="How many."),
        _SORT,
        _EXPAND,
    ),
    answer=schemas.CustomerStatsWindow,
)

GET_TRUNK_STATS = Operation(
    name="getTrunkStats",
    resource="stats",
    verb="trunks",
    method="GET",
    path="/v1.0/stats/trunks",
    summary="Figures of trunks' calls",
    description="The busiest first, or as `sort` says. Those with neither an attempt in the "
    "window nor a channel in use are left out. The window is widened to whole "
    "minutes; to whole hours if it is longer than a day, to whole days if longer than"
    " 14; and with `step` to whole steps. The answer says which one it is. With "
    "`step`, each figure is an array too, with a value for each step.",
    permission="stats.list",
    parameters=(
        _FROM,
        _TO,
        _STEP,
        _CUSTOMER_ID,
        _PROVIDER_ID,
        _EDGE,
        Parameter("page_size", "query", int, description="How many."),
        _SORT,
        _EXPAND,
    ),
    answer=schemas.TrunkStatsWindow,
)

GET_EDGE_STATS = Operation(
    name="getEdgeStats",
    resource="stats",
    verb="edges",
    method="GET",
    path="/v1.0/stats/edges",
    summary="Figures of edges' calls",
    description="The busiest first, or as `sort` says. Those with neither an attempt in the "
    "window nor a channel in use are left out. The window is widened to whole "
    "minutes; to whole hours if it is longer than a day, to whole days if longer than"
    " 14; and with `step` to whole steps. The answer says which one it is. With "
    "`step`, each figure is an array too, with a value for each step.",
    permission="stats.list",
    parameters=(
        _FROM,
        _TO,
        _STEP,
        _CUSTOMER_ID,
        _PROVIDER_ID,
        _EDGE,
        Parameter("page_size", "query", int, description="How many."),
        _SORT,
        _EXPAND,
    ),
    answer=schemas.EdgeStatsWindow,
)

GET_STATS_OVERVIEW = Operation(
    name="getStatsOverview",
    resource="stats",
    verb="overview",
    method="GET",
    path="/v1.0/stats/overview",
    summary="Figures of all calls and attempts",
    description="The window is widened to whole minutes; to whole hours if it is longer than a "
    "day, to whole days if longer than 14; and with `step` to whole steps. The answer"
    " says which one it is. With `step`, each figure is an array too, with a value "
    "for each step.",
    permission="stats.list",
    parameters=(
        _FROM,
        _TO,
        _STEP,
        _CUSTOMER_ID,
        Parameter(
            "show",
            "query",
            str,
            description="Add `before`: the same figures of a window before this one, as long as what has passed of it.",
        ),
    ),
    answer=schemas.StatsOverview,
)

SEARCH_EVERYTHING = Operation(
    name="searchEverything",
    resource="",
    verb="search",
    method="GET",
    path="/v1.0/search",
    summary="Find objects and calls",
    permission="search.list",
    parameters=(
        Parameter(
            "q",
            "query",
            str,
            required=True,
            description="A piece of a name, host, user name or e-mail address; a number; 8 characters of "
            "an id; a Call-ID.",
        ),
        Parameter(
            "kinds",
            "query",
            str,
            description="Only these, with commas between; all that the caller may list by default.",
        ),
    ),
    answer=schemas.SearchAnswer,
)

EXPORT_OBJECTS = Operation(
    name="exportObjects",
    resource="",
    verb="export",
    method="GET",
    path="/v1.0/export",
    summary="Export all objects of a kind",
    description='Newline-delimited JSON. The first line is `{"kind", "revision"}`, then one '
    "object on each line, as lists have it, in the order of their creation, and last "
    '`{"end", "count"}`: one that lacks its last line is not whole (an error, or a '
    "client that reads less than 32 kB a second). All of it is one snapshot, of that "
    "revision, which is in `X-Revision`, too.",
    permission="export.read",
    parameters=(
        Parameter(
            "kind",
            "query",
            Literal["customer", "provider", "trunk", "route"],
            required=True,
            description="Of which kind.",
        ),
        Parameter("customer_id", "query", str, description="Only this customer's."),
        Parameter("provider_id", "query", str, description="Of routes: only those to this provider."),
        Parameter("filter", "query", str, description="Of routes: only those that it means, as in their list."),
    ),
    answer=str,
)

EXPORT_SHEET = Operation(
    name="exportSheet",
    resource="",
    verb="sheet",
    method="GET",
    path="/v1.0/sheet",
    summary="Routes as rows of a spreadsheet",
    description="CSV (RFC 4180, UTF-8 with a byte order mark) of one snapshot, whose revision is "
    "in `X-Revision`. What people wrote never is a formula: an apostrophe stands "
    "before it then.",
    permission="export.read",
    parameters=(
        Parameter("id", "query", str, description="Only those with one of these ids."),
        Parameter("filter", "query", str, description="Only those that it means, as in their list."),
    ),
    answer=str,
)

APPLY_SHEET = Operation(
    name="applySheet",
    resource="",
    verb="apply_sheet",
    method="POST",
    path="/v1.0/sheet",
    summary="Carry out the rows of a spreadsheet, as one revision",
    permission="changes.apply",
    parameters=(_IDEMPOTENCY_KEY,),
    body=schemas.SheetBody,
    answer=schemas.SheetAnswer,
)

LIST_JOBS = Operation(
    name="listJobs",
    resource="jobs",
    verb="list",
    method="GET",
    path="/v1.0/jobs",
    summary="List jobs",
    permission="job.list",
    parameters=(
        _PAGE_SIZE,
        _PAGE_TOKEN,
    ),
    answer=schemas.JobPage,
)

CREATE_JOB = Operation(
    name="createJob",
    resource="jobs",
    verb="create",
    method="POST",
    path="/v1.0/jobs",
    summary="Start a job",
    permission="job.create",
    body=schemas.JobCreate,
    answer=schemas.JobAnswer,
)

GET_JOB = Operation(
    name="getJob",
    resource="jobs",
    verb="get",
    method="GET",
    path="/v1.0/jobs/{id}",
    summary="Get a job, with its progress",
    permission="job.get",
    parameters=(_ID,),
    answer=schemas.JobAnswer,
)

CANCEL_JOB = Operation(
    name="cancelJob",
    resource="jobs",
    verb="cancel",
    method="POST",
    path="/v1.0/jobs/{id}/cancel",
    summary="Cancel a job; one that is over stays as it is",
    permission="job.cancel",
    parameters=(_ID,),
    answer=schemas.JobAnswer,
)

GET_SETTINGS = Operation(
    name="getSettings",
    resource="",
    verb="settings",
    method="GET",
    path="/v1.0/settings",
    summary="The settings in effect",
    description="Of the process that answers: each control node and each edge has its own.",
    permission="settings.get",
    answer=schemas.SettingsAnswer,
)

GET_HEALTH = Operation(
    name="getHealth",
    resource="",
    verb="healthz",
    method="GET",
    path="/healthz",
    summary="Is the process alive",
    answer=schemas.Health,
)

GET_READINESS = Operation(
    name="getReadiness",
    resource="",
    verb="readyz",
    method="GET",
    path="/readyz",
    summary="Will requests be carried out",
    answer=schemas.Readiness,
)

GET_METRICS = Operation(
    name="getMetrics",
    resource="",
    verb="metrics",
    method="GET",
    path="/metrics",
    summary="Metrics in Prometheus' text format",
    answer=str,
)

PLAN_TEST_CALL = Operation(
    name="planTestCall",
    resource="",
    verb="testcalls",
    method="GET",
    path="/v1.0/testcalls",
    summary="What a test call would be",
    permission="testcall.place",
    parameters=(
        Parameter("trunk_id", "query", str, required=True, description="The trunk that the call comes in by."),
        Parameter("number", "query", str, required=True, description="What to dial, as the trunk does."),
    ),
    answer=schemas.PlannedCall,
)

PLACE_TEST_CALL = Operation(
    name="placeTestCall",
    resource="",
    verb="place_test_call",
    method="POST",
    path="/v1.0/testcalls",
    summary="Place a test call",
    permission="testcall.place",
    body=schemas.TestCallBody,
    answer=schemas.PlacedCall,
)

OPERATIONS: tuple[Operation[Any], ...] = (
    LIST_DIALROUTES,
    LIST_ROUTES,
    CREATE_ROUTE,
    GET_ROUTE,
    UPDATE_ROUTE,
    DELETE_ROUTE,
    MOVE_ROUTE,
    LIST_CALLS,
    GET_CALL,
    ERASE_CALLS,
    GET_CALL_TIMELINE,
    FOLLOW_FEED,
    REPORT_EVENTS,
    LIST_PROVIDERS,
    CREATE_PROVIDER,
    GET_PROVIDER,
    UPDATE_PROVIDER,
    DELETE_PROVIDER,
    GET_PROVIDER_HEALTH,
    GET_PROVIDER_ABSENCE,
    GET_PROVIDER_INVITE,
    LIST_CUSTOMERS,
    CREATE_CUSTOMER,
    GET_CUSTOMER,
    UPDATE_CUSTOMER,
    DELETE_CUSTOMER,
    FREEZE_CUSTOMER,
    RECOVER_CUSTOMER,
    GET_OWN_CUSTOMER,
    UPDATE_OWN_CUSTOMER,
    LIST_TRUNKS,
    CREATE_TRUNK,
    GET_TRUNK,
    UPDATE_TRUNK,
    DELETE_TRUNK,
    GET_TRUNK_SNIPPETS,
    LIST_ACCESS_KEYS,
    CREATE_ACCESS_KEY,
    GET_ACCESS_KEY,
    UPDATE_ACCESS_KEY,
    DELETE_ACCESS_KEY,
    LIST_AGENTS,
    CREATE_AGENT,
    GET_AGENT,
    UPDATE_AGENT,
    DELETE_AGENT,
    UPDATE_AGENT_PASSWORD,
    UPDATE_AGENT_PERMISSION,
    LIST_AGENT_SESSIONS,
    LOG_AGENT_OUT,
    GET_ME,
    LIST_DIALLED_DIALROUTES,
    LIST_FIRST_TARGETS,
    LIST_REVISIONS,
    GET_REVISION,
    COMPARE_REVISIONS,
    UNDO_REVISION,
    LOGIN,
    APPLY_CHANGES,
    LIST_EDGES,
    GET_EDGE,
    DELETE_EDGE,
    LIST_REFUSALS,
    GET_PROVIDER_STATS,
    GET_ROUTE_STATS,
    GET_TARGET_STATS,
    GET_STATUS_STATS,
    GET_CUSTOMER_STATS,
    GET_TRUNK_STATS,
    GET_EDGE_STATS,
    GET_STATS_OVERVIEW,
    SEARCH_EVERYTHING,
    EXPORT_OBJECTS,
    EXPORT_SHEET,
    APPLY_SHEET,
    LIST_JOBS,
    CREATE_JOB,
    GET_JOB,
    CANCEL_JOB,
    GET_SETTINGS,
    GET_HEALTH,
    GET_READINESS,
    GET_METRICS,
    PLAN_TEST_CALL,
    PLACE_TEST_CALL,
)
