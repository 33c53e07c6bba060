// Generated from dialplane.domain.filter and the tables of its words by `python -m tools.generate_console`, not edited by hand.
export const TERM = "(-?)(?:([a-z]+):)?((?:\"(?:[^\"]|\"\")*\"|[^\\s\"])*)" as const
export const PLAIN = "[^\\s\\\",*:-][^\\s\\\",*:]*" as const
export const ROUTE_WORDS = [
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
] as const
