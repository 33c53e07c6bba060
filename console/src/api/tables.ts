// Generated from dialplane.api.console by `python -m tools.generate_console`, not edited by hand.
export const SENTENCES = {
 "no_such_page": "There is no such page",
 "gone": "There is none with this id",
 "gone_next": "It may have been deleted: its changes say when and by whom, and how to have it back.",
 "away_for": "The API has not answered for {seconds} s. Edges go on routing calls. What is shown is of then; what you type stays.",
 "away": "The API does not answer.",
 "session_ended": "Your session has ended",
 "key_select": "Select the row; Shift-x a range",
 "key_move": "Try the route earlier, later than others to its target",
 "key_pages": "Previous, next page of a list",
 "time_zone_local": "Show times in this zone",
 "choose_all": "All rows of this page",
 "demo_plug": "Pull the control plane's plug ({seconds} s)",
 "demo_outage": "{calls} calls ended while it was away, {arrived} records have arrived since",
 "demo_calls": "What became of the demo's calls",
 "asr_and_ner": "Answered share of calls (ASR) and network effectiveness (NER)",
 "begin": "Four steps to the first call",
 "begin_provider": "The carrier that takes the calls: a name and a host are enough.",
 "begin_route": "Which numbers go to it: `all` is a route for every number.",
 "begin_test": "What would become of a number, before anybody calls it.",
 "begin_trunk": "A trunk recognises your switch, and its page says what to write into it.",
 "marks": "dashed: a revision; red: a breaker opened",
 "failing_next": "Attempts that were refused, timed out or were given up by the caller, and those that still ring. Saved: what another carrier answered then. A target tests it as a number.",
 "none_failing": "Every attempt has reached somebody",
 "no_call": "No call yet",
 "no_call_next": "Calls stand here as soon as an edge reports them.",
 "no_call_fits": "No call fits these filters",
 "point_a_switch": "How to point a switch here",
 "messages": "SIP messages, as the record lets them be known",
 "carriers_then": "Why these carriers, as stored then",
 "decision_then": "How it was decided, as stored then",
 "no_decision": "No decision is on record.",
 "waterfall": "The attempts on the time of the call",
 "which_number": "Which number?",
 "which_number_next": "Type one, or choose a trunk and type what its switch dials: every route that matches is drawn, with what each rule does to it, and what would be sent to which carrier.",
 "decided_by": "decided by the engine that decides live calls",
 "decision_drawn": "How the routes became attempts",
 "routes_not_drawn": "{count} more routes that were not tried.",
 "no_trunk_to_call_by": "This customer has no trunk, and a call comes in by one.",
 "no_route": "No route yet, so no call finds a carrier",
 "no_route_next": "A route says which provider carries the numbers that begin with a target.",
 "no_route_fits": "No route fits these filters",
 "filter_routes": "provider:bics -customer:acme target:+44* is:live",
 "calls_by_route": "Of the last {count} calls with an attempt to its provider.",
 "filter_only": "only routes {says}",
 "filter_not": "no routes {says}",
 "routes_drawn": "{count} routes are drawn at a time, and there are more: narrow them by the filters, or go on.",
 "all_need_a_filter": "A filter says which routes beyond this page are meant.",
 "too_many_routes": "{most} routes at most are changed as one revision: narrow the filter.",
 "of_all_routes": "{matched} routes match, {changed} of them change. These are {shown} of them:",
 "matrix": "Priorities by target and provider",
 "no_provider": "No provider yet",
 "no_provider_next": "A provider is a carrier that calls are sent to: a name and a host are enough to begin with.",
 "try_provider": "Every edge looks for it at once, and its page says what they met. Without a route no call goes there.",
 "no_provider_named": "No provider has that name",
 "disabled_going": "disabled; these go on until they end",
 "drain": "Drain {name}?",
 "drain_next": "No new call is sent there; calls inside, {count} now, go on until they end.",
 "answered_by_minute": "Answered share of its attempts, minute by minute",
 "ended_with": "What its attempts ended with",
 "ended_by_minute": "Attempts a minute, by the SIP status that they ended with",
 "no_attempt": "No attempt in the last hour",
 "as_sent": "What its settings make of the INVITE, by the function that edges use. The rest is the caller's own.",
 "health_known": "What it met begins with the address that its name led to. Each edge looks again and again by itself. When a carrier's certificate expires no edge reports: only that it does not hold.",
 "replace": "Replace {name} in its routes?",
 "replace_next": "{count} routes lead to it. All of them lead to the other provider then, as one revision.",
 "tried_first": "The routes lead such a call here first.",
 "not_tried_first": "The routes do not lead such a call here first: another number, trunk or route would.",
 "no_health": "No edge has reported yet",
 "no_health_next": "Edges probe each enabled provider and report what they meet.",
 "no_call_there": "No call has been sent here yet",
 "no_route_there": "No route leads here",
 "no_route_there_next": "Without a route it gets no call.",
 "settings_that_differ": "those that differ from the default",
 "no_change": "Nothing has been changed yet",
 "no_change_next": "Each change stands here with its author, and can be undone.",
 "change_part": "The first {shown} of {count} objects.",
 "compared": "{objects} objects differ, by {revisions} revisions; what several did to one is folded together.",
 "compared_part": "What some of these changed is kept no longer.",
 "beside_change": "{minutes} min before and after, without the minute of the change",
 "beside_change_next": "Of all calls, and of attempts to the providers that it touches, itself or by a route.",
 "undone": "Revision {revision} is undone by revision {by}",
 "changed_meanwhile": "Somebody has changed this meanwhile",
 "delete": "Delete this {what}?",
 "delete_next": "It is a revision like any other, and undone in one click.",
 "delete_with_routes": "Delete it with its routes",
 "no_customer": "No customer yet",
 "no_customer_next": "Calls come in by a customer's trunk and find that customer's routes.",
 "no_customer_named": "No customer has that name",
 "no_trunk": "No trunk yet",
 "no_trunk_next": "A trunk is a customer's way in: the addresses or the login by which its switch is recognised.",
 "no_trunk_of_customer": "Without a trunk no call of this customer's is recognised.",
 "went_on": "Went on to another carrier",
 "refused_at": "Why is my switch refused? What edge {edge} turned away last",
 "nobody_refused": "Nobody was refused",
 "nobody_refused_next": "A switch that no trunk knows stands here within seconds, with the reason.",
 "no_key": "No key yet",
 "no_key_next": "Programs and edges speak to the API with a key of their own.",
 "key_once": "The key is shown this once.",
 "nobody": "Nobody yet",
 "nobody_next": "People sign in with a user name and a password.",
 "no_edge": "No edge yet",
 "no_edge_next": "An edge decides and carries calls, each by itself, also while this control plane is away.",
 "no_edge_named": "There is no edge {name}",
 "edge_name": "A name of its own, by which it stands in lists and records.",
 "edge_sip": "The address of that machine to which switches send their calls.",
 "edge_url": "The address under which that machine reaches this control plane.",
 "install_edge": "cat >/etc/dialplane/edge.env <<END\nDIALPLANE_CONTROL_URL={url}\nDIALPLANE_EDGE_NAME={name}\nDIALPLANE_SIP={sip}\nEND\ninstall --owner dialplane --mode 400 /dev/stdin /etc/dialplane/edge.key <<END\n{token}\nEND\nsystemctl disable --now kamailio\nsystemctl enable --now dialplane-edge\n",
 "install_edge_next": "Run it as root on a Debian that has the package dialplane installed. The edge stands in this list as soon as it has asked for its table.",
 "install_edge_once": "The key in it is shown this once: it is bound to this name.",
 "edge_here": "{name} is here: {state}.",
 "refused_in_step": "Calls that ended without an INVITE to any carrier, by step",
 "no_call_at_edge": "No call came in here",
 "edge_views": "What this edge finds of each provider, by its own probes and its own calls.",
 "no_view": "This edge has probed no provider yet",
 "counted_since": "Since its Kamailio started, but for what its companion counts; an hour: on average since then.",
 "settings_source": "Read-only: they come from the environment of the process.",
 "as_curl": "curl -s '{url}' -H \"Authorization: Bearer $DIALPLANE_TOKEN\"",
 "key_as_curl": "curl {url}/v1.0/me -H 'Authorization: Bearer {token}'"
} as const
export const SYSTEM_DEFAULT = "00000000-0000-0000-0000-000000000001" as const
export const MAX_PAGE_SIZE = 100 as const
export const MAX_CHANGES = 200000 as const
export const POOR_ASR = 0.1 as const
export const LOW_ASR = 0.4 as const
export const BESIDE_CHANGE_S = 900 as const
export const WINDOWS = {
 "30m": {
  "seconds": 1800,
  "step": 60,
  "label": "30 min"
 },
 "1h": {
  "seconds": 3600,
  "step": 60,
  "label": "1 h"
 },
 "6h": {
  "seconds": 21600,
  "step": 300,
  "label": "6 h"
 },
 "24h": {
  "seconds": 86400,
  "step": 900,
  "label": "24 h"
 },
 "7d": {
  "seconds": 604800,
  "step": 3600,
  "label": "7 d"
 }
} as const
export const DEFAULT_WINDOW = "1h" as const
export const ROUTE_ORDERS = [
 "target",
 "-target",
 "priority",
 "-priority",
 "tm_update",
 "-tm_update",
 "tm_create",
 "-tm_create"
] as const
export const CALL_STATUSES = {
 "dialing": "dialing",
 "ringing": "ringing",
 "progressing": "talking",
 "hangup": "ended"
} as const
export const CALL_VERDICT_WORDS = {
 "answered": "answered",
 "saved": "saved by failover",
 "unanswered": "not answered",
 "busy": "busy",
 "noanswer": "no answer",
 "cancel": "caller gave up",
 "dialout": "edge gave up",
 "failed": "failed",
 "refused": "refused here",
 "lost": "end never reported"
} as const
export const KIND_WORDS = {
 "route": "route",
 "provider": "provider",
 "customer": "customer",
 "trunk": "trunk",
 "accesskey": "access key",
 "agent": "person"
} as const
export const OPERATION_WORDS = {
 "route.create": "Route created",
 "route.update": "Route changed",
 "route.delete": "Route deleted",
 "provider.create": "Provider created",
 "provider.update": "Provider changed",
 "provider.delete": "Provider deleted",
 "customer.create": "Customer created",
 "customer.update": "Customer changed",
 "customer.delete": "Customer deleted",
 "customer.update_own": "Customer changed",
 "trunk.create": "Trunk created",
 "trunk.update": "Trunk changed",
 "trunk.delete": "Trunk deleted",
 "accesskey.create": "Access key created",
 "accesskey.update": "Access key changed",
 "accesskey.delete": "Access key deleted",
 "agent.create": "Person created",
 "agent.update": "Person changed",
 "agent.delete": "Person deleted",
 "agent.logout": "Sessions ended",
 "changes.apply": "Several objects changed",
 "job.change_routes": "Many routes changed",
 "revision.undo": "Revision undone",
 "trunk.trust": "Trunk changed",
 "system.prepare": "First start"
} as const
export const EDGE_COUNTERS = {
 "script_errors": "requests that met an error of the edge's own, and were answered 500",
 "strangers": "requests from sources that no trunk names",
 "flooded": "requests beyond the limits per second, of one source or of all together",
 "auth_failures": "wrong passwords",
 "unparsable": "messages that begin like SIP and cannot be parsed",
 "replica_damages": "since its companion started: how often its table was found damaged, and was loaded again"
} as const
export const EDGE_NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}" as const
export const EDGE_KEY = {
 "name": "edge {name}",
 "permission": "edge",
 "edge": "{name}",
 "expire": 315360000
} as const
export const EDGE_SIP = "192.0.2.20:5060" as const
export const EDGE_FIELDS = {
 "name": "",
 "revision": "That of its table at its last poll; null before the first.",
 "lag_revisions": "How many revisions the database is ahead of it.",
 "last_contact": "When it last polled, or reported events.",
 "silent_s": "Seconds since then.",
 "state": "`silent`: not heard for 30 s. `behind`: its table is older than the database. `unheard`: it has not polled yet. An edge routes calls in each of them, once it has a table.",
 "state_detail": "The same for people, with what it means for calls.",
 "agent_version": "Null until the edge has told.",
 "kamailio_version": "Null until it has told; empty where there is none.",
 "kamailio_started": "Since when; never where Kamailio does not run.",
 "max_call_s": "Seconds after which the edge ends an answered call.",
 "calls_shed": "New calls it refused because it was too busy, since kamailio_started.",
 "shed_percent": "Of the new calls, how many it refuses as it last told.",
 "events_lost": "Events of calls that its disk had no room for, since kamailio_started.",
 "counters": "What else it counts, by name; empty until it has told. See the documentation of edges.",
 "counters_per_hour": "Those that count since kamailio_started, on average since then.",
 "calls_in_progress": "Calls it has reported that have not ended.",
 "cps": "Calls per second, over the last 10 s.",
 "tm_status": "When it last told of itself; events before are all here.",
 "tm_create": "When it was first heard of."
} as const
export type Operation = "customer.create" | "customer.list" | "customer.get" | "customer.update" | "customer.delete" | "customer.get_own" | "customer.update_own" | "agent.create" | "agent.list" | "agent.get" | "agent.update" | "agent.delete" | "agent.sessions" | "agent.logout" | "accesskey.create" | "accesskey.list" | "accesskey.get" | "accesskey.update" | "accesskey.delete" | "provider.create" | "provider.list" | "provider.get" | "provider.update" | "provider.absence" | "provider.delete" | "route.create" | "route.list" | "route.get" | "route.update" | "route.delete" | "trunk.create" | "trunk.list" | "trunk.get" | "trunk.update" | "trunk.delete" | "trunk.trust" | "call.list" | "call.get" | "call.erase" | "dialroute.list" | "stats.list" | "search.list" | "stream.read" | "export.read" | "job.create" | "job.list" | "job.get" | "job.cancel" | "me.get" | "revision.list" | "revision.get" | "revision.undo" | "changes.apply" | "feed.read" | "events.write" | "edge.list" | "edge.get" | "edge.delete" | "edge.refusals" | "settings.get" | "testcall.place" | "demo.get" | "demo.update"
