// Generated from dialplane.domain.filter and the tables of its words by `python -m tools.generate_console`, not edited by hand.
export const TERM = "(-?)(?:([a-z]+):)?((?:\"(?:[^\"]|\"\")*\"|[^\\s\"])*)" as const
export const PLAIN = "[^\\s\\\",*:-][^\\s\\\",*:]*" as const
export const LISTS = {
 "route": {
  "plural": "routes",
  "like": "provider:bics -customer:acme target:+44* is:live",
  "words": [
   {
    "name": "provider",
    "says": "to this provider, or one of several with commas",
    "values": [],
    "kind": "provider"
   },
   {
    "name": "customer",
    "says": "of this customer, or one of several with commas",
    "values": [],
    "kind": "customer"
   },
   {
    "name": "target",
    "says": "with this target, or one that begins so",
    "values": [
     "+44",
     "+44*",
     "all"
    ],
    "kind": ""
   },
   {
    "name": "covers",
    "says": "whose target matches this number",
    "values": [
     "+442071234567"
    ],
    "kind": ""
   },
   {
    "name": "priority",
    "says": "of this priority, or in this range",
    "values": [
     "1",
     "<3",
     ">=3",
     "2..4"
    ],
    "kind": ""
   },
   {
    "name": "is",
    "says": "that are so now",
    "values": [
     "live",
     "disabled",
     "not_yet",
     "expired",
     "expiring"
    ],
    "kind": ""
   },
   {
    "name": "updated",
    "says": "made or changed in this time",
    "values": [
     "<1h",
     "<1d",
     "<7d",
     ">30d"
    ],
    "kind": ""
   },
   {
    "name": "created",
    "says": "made in this time",
    "values": [
     "<1h",
     "<1d",
     "<7d",
     ">30d"
    ],
    "kind": ""
   }
  ]
 },
 "provider": {
  "plural": "providers",
  "like": "-is:disabled transport:tls",
  "words": [
   {
    "name": "is",
    "says": "that are so now",
    "values": [
     "enabled",
     "disabled"
    ],
    "kind": ""
   },
   {
    "name": "transport",
    "says": "that are reached by this",
    "values": [
     "udp",
     "tcp",
     "tls"
    ],
    "kind": ""
   },
   {
    "name": "updated",
    "says": "made or changed in this time",
    "values": [
     "<1h",
     "<1d",
     "<7d",
     ">30d"
    ],
    "kind": ""
   },
   {
    "name": "created",
    "says": "made in this time",
    "values": [
     "<1h",
     "<1d",
     "<7d",
     ">30d"
    ],
    "kind": ""
   }
  ]
 },
 "customer": {
  "plural": "customers",
  "like": "-is:frozen created:<30d",
  "words": [
   {
    "name": "is",
    "says": "that are so now",
    "values": [
     "active",
     "frozen"
    ],
    "kind": ""
   },
   {
    "name": "updated",
    "says": "made or changed in this time",
    "values": [
     "<1h",
     "<1d",
     "<7d",
     ">30d"
    ],
    "kind": ""
   },
   {
    "name": "created",
    "says": "made in this time",
    "values": [
     "<1h",
     "<1d",
     "<7d",
     ">30d"
    ],
    "kind": ""
   }
  ]
 },
 "trunk": {
  "plural": "trunks",
  "like": "-customer:acme is:enabled 198.51.100.",
  "words": [
   {
    "name": "customer",
    "says": "of this customer, or one of several with commas",
    "values": [],
    "kind": "customer"
   },
   {
    "name": "is",
    "says": "that are so now",
    "values": [
     "enabled",
     "disabled"
    ],
    "kind": ""
   },
   {
    "name": "region",
    "says": "whose numbers are of this country",
    "values": [
     "DE",
     "GB",
     "US"
    ],
    "kind": ""
   },
   {
    "name": "updated",
    "says": "made or changed in this time",
    "values": [
     "<1h",
     "<1d",
     "<7d",
     ">30d"
    ],
    "kind": ""
   },
   {
    "name": "created",
    "says": "made in this time",
    "values": [
     "<1h",
     "<1d",
     "<7d",
     ">30d"
    ],
    "kind": ""
   }
  ]
 },
 "accesskey": {
  "plural": "keys",
  "like": "is:expiring -role:edge",
  "words": [
   {
    "name": "customer",
    "says": "of this customer, or one of several with commas",
    "values": [],
    "kind": "customer"
   },
   {
    "name": "role",
    "says": "with this role",
    "values": [
     "project_super_admin",
     "customer_admin",
     "customer_manager",
     "edge"
    ],
    "kind": ""
   },
   {
    "name": "is",
    "says": "that are so now",
    "values": [
     "live",
     "expiring",
     "expired"
    ],
    "kind": ""
   },
   {
    "name": "edge",
    "says": "of this edge",
    "values": [],
    "kind": ""
   },
   {
    "name": "expires",
    "says": "that expire in this time",
    "values": [
     "<14d",
     "<30d",
     ">30d"
    ],
    "kind": ""
   },
   {
    "name": "updated",
    "says": "made or changed in this time",
    "values": [
     "<1h",
     "<1d",
     "<7d",
     ">30d"
    ],
    "kind": ""
   },
   {
    "name": "created",
    "says": "made in this time",
    "values": [
     "<1h",
     "<1d",
     "<7d",
     ">30d"
    ],
    "kind": ""
   }
  ]
 },
 "call": {
  "plural": "calls",
  "like": "provider:bics -customer:acme number:+44* verdict:saved started:<1h",
  "words": [
   {
    "name": "number",
    "says": "to this number, or one that begins or ends so",
    "values": [
     "+44*",
     "*4567"
    ],
    "kind": ""
   },
   {
    "name": "provider",
    "says": "with an attempt to this provider, or one of these",
    "values": [],
    "kind": "provider"
   },
   {
    "name": "customer",
    "says": "of this customer, or one of several with commas",
    "values": [],
    "kind": "customer"
   },
   {
    "name": "trunk",
    "says": "that came in by this trunk, or one of these",
    "values": [],
    "kind": "trunk"
   },
   {
    "name": "caller",
    "says": "from this caller",
    "values": [],
    "kind": ""
   },
   {
    "name": "is",
    "says": "that are so now",
    "values": [
     "dialing",
     "ringing",
     "talking",
     "ended"
    ],
    "kind": ""
   },
   {
    "name": "verdict",
    "says": "of which this became",
    "values": [
     "answered",
     "saved",
     "unanswered",
     "busy",
     "noanswer",
     "cancel",
     "dialout",
     "failed",
     "refused",
     "lost"
    ],
    "kind": ""
   },
   {
    "name": "attempts",
    "says": "with so many INVITEs to carriers",
    "values": [
     ">=2",
     "0",
     "1..3"
    ],
    "kind": ""
   },
   {
    "name": "reason",
    "says": "whose reason holds this text",
    "values": [
     "503",
     "timeout"
    ],
    "kind": ""
   },
   {
    "name": "edge",
    "says": "of this edge",
    "values": [],
    "kind": ""
   },
   {
    "name": "callid",
    "says": "whose INVITE had this Call-ID",
    "values": [],
    "kind": ""
   },
   {
    "name": "started",
    "says": "that began in this time",
    "values": [
     "<15m",
     "<1h",
     "<1d",
     ">7d"
    ],
    "kind": ""
   }
  ]
 },
 "revision": {
  "plural": "changes",
  "like": "by:dana -kind:route made:<7d",
  "words": [
   {
    "name": "by",
    "says": "made by this person or key, or one of several with commas",
    "values": [],
    "kind": "agent"
   },
   {
    "name": "kind",
    "says": "that changed an object of this kind",
    "values": [
     "customer",
     "provider",
     "trunk",
     "route",
     "accesskey",
     "agent"
    ],
    "kind": ""
   },
   {
    "name": "did",
    "says": "that did this",
    "values": [
     "customer.create",
     "customer.update",
     "customer.update_own",
     "customer.delete",
     "provider.create",
     "provider.update",
     "provider.delete",
     "trunk.create",
     "trunk.update",
     "trunk.delete",
     "route.create",
     "route.update",
     "route.delete",
     "accesskey.create",
     "accesskey.update",
     "accesskey.delete",
     "agent.create",
     "agent.update",
     "agent.delete",
     "agent.logout",
     "trunk.trust",
     "changes.apply",
     "job.change_routes",
     "revision.undo",
     "system.prepare"
    ],
    "kind": ""
   },
   {
    "name": "objects",
    "says": "that changed so many objects",
    "values": [
     "1",
     ">100"
    ],
    "kind": ""
   },
   {
    "name": "made",
    "says": "made in this time",
    "values": [
     "<1h",
     "<1d",
     "<7d",
     ">30d"
    ],
    "kind": ""
   }
  ]
 },
 "agent": {
  "plural": "people",
  "like": "role:customer_admin -customer:acme",
  "words": [
   {
    "name": "customer",
    "says": "of this customer, or one of several with commas",
    "values": [],
    "kind": "customer"
   },
   {
    "name": "role",
    "says": "with this role",
    "values": [
     "project_super_admin",
     "customer_admin",
     "customer_manager"
    ],
    "kind": ""
   },
   {
    "name": "updated",
    "says": "made or changed in this time",
    "values": [
     "<1h",
     "<1d",
     "<7d",
     ">30d"
    ],
    "kind": ""
   },
   {
    "name": "created",
    "says": "made in this time",
    "values": [
     "<1h",
     "<1d",
     "<7d",
     ">30d"
    ],
    "kind": ""
   }
  ]
 }
} as const
