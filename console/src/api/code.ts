// Generated from dialplane.api.console.code and the OpenAPI document by `python -m tools.generate_console`, not edited by hand.
export const FLAGS = {
 "true": "True",
 "false": "False",
 "null": "None"
} as const
export const CALLS = {
 "/v1.0/dialroutes": {
  "call": "dialroutes",
  "arguments": {
   "at": [
    "at",
    "text"
   ],
   "edge": [
    "edge",
    "text"
   ],
   "health": [
    "health",
    "text"
   ],
   "down": [
    "down",
    "text"
   ],
   "broken": [
    "broken",
    "text"
   ],
   "full": [
    "full",
    "text"
   ],
   "removed": [
    "removed",
    "text"
   ],
   "codecs": [
    "codecs",
    "text"
   ],
   "call_id": [
    "call_id",
    "text"
   ],
   "caller": [
    "caller",
    "text"
   ],
   "rn": [
    "rn",
    "text"
   ],
   "explain": [
    "explain",
    "flag"
   ],
   "revision": [
    "revision",
    "number"
   ],
   "expand": [
    "expand",
    "text"
   ],
   "customer_id": [
    "customer_id",
    "text"
   ],
   "target": [
    "target",
    "text"
   ],
   "trunk_id": [
    "trunk_id",
    "text"
   ]
  }
 },
 "/v1.0/routes": {
  "call": "routes.list",
  "arguments": {
   "page_size": [
    "page_size",
    "number"
   ],
   "page_token": [
    "page_token",
    "text"
   ],
   "id": [
    "id_",
    "text"
   ],
   "customer_id": [
    "customer_id",
    "text"
   ],
   "provider_id": [
    "provider_id",
    "text"
   ],
   "target": [
    "target",
    "text"
   ],
   "target_prefix": [
    "target_prefix",
    "text"
   ],
   "covers": [
    "covers",
    "text"
   ],
   "priority": [
    "priority",
    "number"
   ],
   "enabled": [
    "enabled",
    "flag"
   ],
   "state": [
    "state",
    "text"
   ],
   "q": [
    "q",
    "text"
   ],
   "filter": [
    "filter",
    "text"
   ],
   "sort": [
    "sort",
    "text"
   ],
   "count": [
    "count",
    "text"
   ],
   "expand": [
    "expand",
    "text"
   ]
  }
 },
 "/v1.0/calls": {
  "call": "calls.list",
  "arguments": {
   "page_size": [
    "page_size",
    "number"
   ],
   "page_token": [
    "page_token",
    "text"
   ],
   "filter": [
    "filter",
    "text"
   ],
   "customer_id": [
    "customer_id",
    "text"
   ],
   "trunk_id": [
    "trunk_id",
    "text"
   ],
   "provider_id": [
    "provider_id",
    "text"
   ],
   "number": [
    "number",
    "text"
   ],
   "number_prefix": [
    "number_prefix",
    "text"
   ],
   "number_suffix": [
    "number_suffix",
    "text"
   ],
   "caller": [
    "caller",
    "text"
   ],
   "sip_call_id": [
    "sip_call_id",
    "text"
   ],
   "edge": [
    "edge",
    "text"
   ],
   "verdict": [
    "verdict",
    "text"
   ],
   "min_attempts": [
    "min_attempts",
    "number"
   ],
   "reason": [
    "reason",
    "text"
   ],
   "status": [
    "status",
    "text"
   ],
   "started_from": [
    "started_from",
    "text"
   ],
   "started_until": [
    "started_until",
    "text"
   ],
   "expand": [
    "expand",
    "text"
   ]
  }
 },
 "/v1.0/providers": {
  "call": "providers.list",
  "arguments": {
   "page_size": [
    "page_size",
    "number"
   ],
   "page_token": [
    "page_token",
    "text"
   ],
   "filter": [
    "filter",
    "text"
   ],
   "show": [
    "show",
    "text"
   ]
  }
 },
 "/v1.0/customers": {
  "call": "customers.list",
  "arguments": {
   "page_size": [
    "page_size",
    "number"
   ],
   "page_token": [
    "page_token",
    "text"
   ],
   "filter": [
    "filter",
    "text"
   ]
  }
 },
 "/v1.0/trunks": {
  "call": "trunks.list",
  "arguments": {
   "page_size": [
    "page_size",
    "number"
   ],
   "page_token": [
    "page_token",
    "text"
   ],
   "filter": [
    "filter",
    "text"
   ],
   "customer_id": [
    "customer_id",
    "text"
   ],
   "expand": [
    "expand",
    "text"
   ]
  }
 },
 "/v1.0/accesskeys": {
  "call": "accesskeys.list",
  "arguments": {
   "page_size": [
    "page_size",
    "number"
   ],
   "page_token": [
    "page_token",
    "text"
   ],
   "filter": [
    "filter",
    "text"
   ],
   "customer_id": [
    "customer_id",
    "text"
   ],
   "expand": [
    "expand",
    "text"
   ]
  }
 },
 "/v1.0/agents": {
  "call": "agents.list",
  "arguments": {
   "page_size": [
    "page_size",
    "number"
   ],
   "page_token": [
    "page_token",
    "text"
   ],
   "filter": [
    "filter",
    "text"
   ],
   "customer_id": [
    "customer_id",
    "text"
   ],
   "expand": [
    "expand",
    "text"
   ],
   "status": [
    "status",
    "text"
   ],
   "tag_ids": [
    "tag_ids",
    "text"
   ]
  }
 },
 "/v1.0/dialled": {
  "call": "dialled",
  "arguments": {
   "at": [
    "at",
    "text"
   ],
   "edge": [
    "edge",
    "text"
   ],
   "health": [
    "health",
    "text"
   ],
   "down": [
    "down",
    "text"
   ],
   "broken": [
    "broken",
    "text"
   ],
   "full": [
    "full",
    "text"
   ],
   "removed": [
    "removed",
    "text"
   ],
   "codecs": [
    "codecs",
    "text"
   ],
   "call_id": [
    "call_id",
    "text"
   ],
   "caller": [
    "caller",
    "text"
   ],
   "rn": [
    "rn",
    "text"
   ],
   "explain": [
    "explain",
    "flag"
   ],
   "revision": [
    "revision",
    "number"
   ],
   "expand": [
    "expand",
    "text"
   ],
   "trunk_id": [
    "trunk_id",
    "text"
   ],
   "dialled": [
    "dialled",
    "text"
   ]
  }
 },
 "/v1.0/providers/{id}/targets": {
  "call": "providers.targets",
  "arguments": {
   "page_size": [
    "page_size",
    "number"
   ],
   "at": [
    "at",
    "text"
   ],
   "edge": [
    "edge",
    "text"
   ],
   "health": [
    "health",
    "text"
   ],
   "down": [
    "down",
    "text"
   ],
   "broken": [
    "broken",
    "text"
   ],
   "full": [
    "full",
    "text"
   ],
   "removed": [
    "removed",
    "text"
   ],
   "codecs": [
    "codecs",
    "text"
   ],
   "customer_id": [
    "customer_id",
    "text"
   ],
   "page_token": [
    "page_token",
    "text"
   ],
   "expand": [
    "expand",
    "text"
   ]
  }
 },
 "/v1.0/revisions": {
  "call": "revisions.list",
  "arguments": {
   "page_size": [
    "page_size",
    "number"
   ],
   "page_token": [
    "page_token",
    "text"
   ],
   "filter": [
    "filter",
    "text"
   ],
   "object_id": [
    "object_id",
    "text"
   ],
   "kind": [
    "kind",
    "text"
   ],
   "actor_id": [
    "actor_id",
    "text"
   ],
   "since": [
    "since",
    "text"
   ],
   "until": [
    "until",
    "text"
   ]
  }
 }
} as const
