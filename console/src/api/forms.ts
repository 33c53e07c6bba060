// Generated from dialplane.api.console.forms and the OpenAPI document by `python -m tools.generate_console`, not edited by hand.

export type Field = {
  name: string
  type: 'text' | 'number' | 'flag' | 'choice' | 'choices' | 'texts' | 'instant' | 'json'
  choices: string[]
  hint: string
  required: boolean
  nullable: boolean
  least: number | null
}
export type Group = { title: string; fields: Field[] }
/** `secrets`: fields that no answer shows. `calls`: what the client calls making and changing one. */
export type Form = {
  path: string
  one: string
  secrets: string[]
  calls: { create: string; update: string }
  create: Group[]
  update: Group[]
}
export type KindName = "route" | "provider" | "customer" | "trunk" | "accesskey" | "agent"
export const FORMS: Record<KindName, Form> = {"route":

{"path": "/v1.0/routes", "one": "route", "create": [
{"title": "", "fields": [
{"name": "customer_id", "type": "text", "choices": [], "hint": "Whose it is.", "required": true, "nullable": false, "least": null},

{"name": "target", "type": "text", "choices": [], "hint": "+ and the first digits of the numbers that it matches, or all.", "required": true, "nullable": false, "least": null},

{"name": "provider_id", "type": "text", "choices": [], "hint": "The carrier that gets these calls.", "required": true, "nullable": false, "least": null},

{"name": "priority", "type": "number", "choices": [], "hint": "Lower is tried first.", "required": true, "nullable": false, "least": 0},

{"name": "weight", "type": "number", "choices": [], "hint": "Share of the calls among routes of equal priority; empty for none.", "required": false, "nullable": true, "least": 1},

{"name": "enabled", "type": "flag", "choices": [], "hint": "A route that is not enabled is skipped, with a reason.", "required": false, "nullable": false, "least": null}]},

{"title": "When", "fields": [
{"name": "valid_from", "type": "instant", "choices": [], "hint": "Not a candidate before; empty for always.", "required": false, "nullable": true, "least": null},

{"name": "valid_until", "type": "instant", "choices": [], "hint": "Not a candidate from then on; empty for always.", "required": false, "nullable": true, "least": null}]},

{"title": "For people", "fields": [
{"name": "name", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "detail", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null}]}], "update": [
{"title": "", "fields": [
{"name": "target", "type": "text", "choices": [], "hint": "+ and the first digits of the numbers that it matches, or all.", "required": false, "nullable": false, "least": null},

{"name": "provider_id", "type": "text", "choices": [], "hint": "The carrier that gets these calls.", "required": false, "nullable": false, "least": null},

{"name": "priority", "type": "number", "choices": [], "hint": "Lower is tried first.", "required": false, "nullable": false, "least": 0},

{"name": "weight", "type": "number", "choices": [], "hint": "Share of the calls among routes of equal priority; empty for none.", "required": false, "nullable": true, "least": 1},

{"name": "enabled", "type": "flag", "choices": [], "hint": "A route that is not enabled is skipped, with a reason.", "required": false, "nullable": false, "least": null}]},

{"title": "When", "fields": [
{"name": "valid_from", "type": "instant", "choices": [], "hint": "Not a candidate before; empty for always.", "required": false, "nullable": true, "least": null},

{"name": "valid_until", "type": "instant", "choices": [], "hint": "Not a candidate from then on; empty for always.", "required": false, "nullable": true, "least": null}]},

{"title": "For people", "fields": [
{"name": "name", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "detail", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null}]}], "secrets": [], "calls": {"create": "routes.create", "update": "routes.update"}}, "provider":

{"path": "/v1.0/providers", "one": "provider", "create": [
{"title": "", "fields": [
{"name": "name", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "hostname", "type": "text", "choices": [], "hint": "", "required": true, "nullable": false, "least": null},

{"name": "transport", "type": "choice", "choices": ["udp", "tcp", "tls"], "hint": "How it is reached; UDP if it is left empty.", "required": false, "nullable": false, "least": null},

{"name": "enabled", "type": "flag", "choices": [], "hint": "A provider that is not enabled is skipped, with a reason.", "required": false, "nullable": false, "least": null},

{"name": "detail", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null}]},

{"title": "Limits", "fields": [
{"name": "max_channels", "type": "number", "choices": [], "hint": "Cap on concurrent calls; empty for none.", "required": false, "nullable": true, "least": 1},

{"name": "max_cps", "type": "number", "choices": [], "hint": "Cap on attempts per second; empty for none.", "required": false, "nullable": true, "least": 1}]},

{"title": "Login at the carrier", "fields": [
{"name": "username", "type": "text", "choices": [], "hint": "For the carrier's digest challenge.", "required": false, "nullable": false, "least": null},

{"name": "password", "type": "text", "choices": [], "hint": "Not shown again.", "required": false, "nullable": true, "least": null}]},

{"title": "Numbers", "fields": [
{"name": "number_format", "type": "choice", "choices": ["plus", "digits", "00", "011", "national", "nanp11"], "hint": "The form of the called number.", "required": false, "nullable": false, "least": null},

{"name": "home_region", "type": "text", "choices": [], "hint": "ISO country of the format `national`.", "required": false, "nullable": false, "least": null},

{"name": "tech_prefix", "type": "text", "choices": [], "hint": "Put before the number.", "required": false, "nullable": false, "least": null},

{"name": "tech_postfix", "type": "text", "choices": [], "hint": "Put behind the number.", "required": false, "nullable": false, "least": null},

{"name": "digit_rules", "type": "json", "choices": [], "hint": "Changes to the called number before its format; the first that matches holds. X is 0-9, Z 1-9, N 2-9, a last . any rest; `strip` signs are removed and `prepend` put in their place.", "required": false, "nullable": false, "least": null}]},

{"title": "Who calls", "fields": [
{"name": "caller_format", "type": "choice", "choices": ["plus", "digits", "00", "011", "national", "nanp11"], "hint": "The form of the caller's number in `identity_headers`.", "required": false, "nullable": false, "least": null},

{"name": "caller_rules", "type": "json", "choices": [], "hint": "The same for the caller's number.", "required": false, "nullable": false, "least": null},

{"name": "identity_headers", "type": "choices", "choices": ["pai", "rpid", "ppi"], "hint": "Headers that the edge writes with the caller's number, in place of a trunk's own. `pai` needs `trusted`.", "required": false, "nullable": false, "least": null},

{"name": "trusted", "type": "flag", "choices": [], "hint": "Whether the carrier may learn the number of callers that withhold it (RFC 3325).", "required": false, "nullable": false, "least": null},

{"name": "anonymous", "type": "choice", "choices": ["header", "refuse"], "hint": "Calls without a caller's number: `header` adds Privacy to `identity_headers`, `refuse` skips the provider.", "required": false, "nullable": false, "least": null},

{"name": "diversion", "type": "choice", "choices": ["keep", "drop", "add"], "hint": "The caller's Diversion: kept, dropped, or where there is none added with the trunk's `caller_default`.", "required": false, "nullable": false, "least": null},

{"name": "sign", "type": "choice", "choices": ["none", "pass"], "hint": "`pass`: a trusted trunk's Identity header reaches it.", "required": false, "nullable": false, "least": null},

{"name": "portability", "type": "choice", "choices": ["drop", "rn"], "hint": "`rn`: it gets npdi and rn of a ported number.", "required": false, "nullable": false, "least": null}]},

{"title": "Failing over", "fields": [
{"name": "failover", "type": "json", "choices": [], "hint": "What to do after a SIP status, in place of the standard table.", "required": false, "nullable": false, "least": null},

{"name": "no_response_timeout_s", "type": "number", "choices": [], "hint": "Seconds to wait for any response.", "required": false, "nullable": false, "least": 1},

{"name": "progress_timeout_s", "type": "number", "choices": [], "hint": "Seconds to wait for more than 100 Trying.", "required": false, "nullable": false, "least": 1},

{"name": "ring_timeout_s", "type": "number", "choices": [], "hint": "Seconds to let it ring.", "required": false, "nullable": false, "least": 1}]},

{"title": "Media and headers", "fields": [
{"name": "codecs", "type": "text", "choices": [], "hint": "Codecs left in the audio of the offer, joined by commas; empty for all.", "required": false, "nullable": false, "least": null},

{"name": "tech_headers", "type": "json", "choices": [], "hint": "SIP headers added to each attempt.", "required": false, "nullable": false, "least": null},

{"name": "metadata", "type": "json", "choices": [], "hint": "Anything of yours, up to 16 KiB as JSON.", "required": false, "nullable": false, "least": null}]}], "update": [
{"title": "", "fields": [
{"name": "name", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "hostname", "type": "text", "choices": [], "hint": "DNS name or IP address, with an optional :port. A change resets the health.", "required": false, "nullable": false, "least": null},

{"name": "transport", "type": "choice", "choices": ["udp", "tcp", "tls"], "hint": "How it is reached; UDP if it is left empty.", "required": false, "nullable": false, "least": null},

{"name": "enabled", "type": "flag", "choices": [], "hint": "A provider that is not enabled is skipped, with a reason.", "required": false, "nullable": false, "least": null},

{"name": "detail", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null}]},

{"title": "Limits", "fields": [
{"name": "max_channels", "type": "number", "choices": [], "hint": "Cap on concurrent calls; empty for none.", "required": false, "nullable": true, "least": 1},

{"name": "max_cps", "type": "number", "choices": [], "hint": "Cap on attempts per second; empty for none.", "required": false, "nullable": true, "least": 1}]},

{"title": "Login at the carrier", "fields": [
{"name": "username", "type": "text", "choices": [], "hint": "For the carrier's digest challenge.", "required": false, "nullable": false, "least": null},

{"name": "password", "type": "text", "choices": [], "hint": "Not shown. Left empty, it stays as it is.", "required": false, "nullable": true, "least": null}]},

{"title": "Numbers", "fields": [
{"name": "number_format", "type": "choice", "choices": ["plus", "digits", "00", "011", "national", "nanp11"], "hint": "The form of the called number.", "required": false, "nullable": false, "least": null},

{"name": "home_region", "type": "text", "choices": [], "hint": "ISO country of the format `national`.", "required": false, "nullable": false, "least": null},

{"name": "tech_prefix", "type": "text", "choices": [], "hint": "Put before the number.", "required": false, "nullable": false, "least": null},

{"name": "tech_postfix", "type": "text", "choices": [], "hint": "Put behind the number.", "required": false, "nullable": false, "least": null},

{"name": "digit_rules", "type": "json", "choices": [], "hint": "Changes to the called number before its format; the first that matches holds. X is 0-9, Z 1-9, N 2-9, a last . any rest; `strip` signs are removed and `prepend` put in their place.", "required": false, "nullable": false, "least": null}]},

{"title": "Who calls", "fields": [
{"name": "caller_format", "type": "choice", "choices": ["plus", "digits", "00", "011", "national", "nanp11"], "hint": "The form of the caller's number in `identity_headers`.", "required": false, "nullable": false, "least": null},

{"name": "caller_rules", "type": "json", "choices": [], "hint": "The same for the caller's number.", "required": false, "nullable": false, "least": null},

{"name": "identity_headers", "type": "choices", "choices": ["pai", "rpid", "ppi"], "hint": "Headers that the edge writes with the caller's number, in place of a trunk's own. `pai` needs `trusted`.", "required": false, "nullable": false, "least": null},

{"name": "trusted", "type": "flag", "choices": [], "hint": "Whether the carrier may learn the number of callers that withhold it (RFC 3325).", "required": false, "nullable": false, "least": null},

{"name": "anonymous", "type": "choice", "choices": ["header", "refuse"], "hint": "Calls without a caller's number: `header` adds Privacy to `identity_headers`, `refuse` skips the provider.", "required": false, "nullable": false, "least": null},

{"name": "diversion", "type": "choice", "choices": ["keep", "drop", "add"], "hint": "The caller's Diversion: kept, dropped, or where there is none added with the trunk's `caller_default`.", "required": false, "nullable": false, "least": null},

{"name": "sign", "type": "choice", "choices": ["none", "pass"], "hint": "`pass`: a trusted trunk's Identity header reaches it.", "required": false, "nullable": false, "least": null},

{"name": "portability", "type": "choice", "choices": ["drop", "rn"], "hint": "`rn`: it gets npdi and rn of a ported number.", "required": false, "nullable": false, "least": null}]},

{"title": "Failing over", "fields": [
{"name": "failover", "type": "json", "choices": [], "hint": "What to do after a SIP status, in place of the standard table.", "required": false, "nullable": false, "least": null},

{"name": "no_response_timeout_s", "type": "number", "choices": [], "hint": "Seconds to wait for any response.", "required": false, "nullable": false, "least": 1},

{"name": "progress_timeout_s", "type": "number", "choices": [], "hint": "Seconds to wait for more than 100 Trying.", "required": false, "nullable": false, "least": 1},

{"name": "ring_timeout_s", "type": "number", "choices": [], "hint": "Seconds to let it ring.", "required": false, "nullable": false, "least": 1}]},

{"title": "Media and headers", "fields": [
{"name": "codecs", "type": "text", "choices": [], "hint": "Codecs left in the audio of the offer, joined by commas; empty for all.", "required": false, "nullable": false, "least": null},

{"name": "tech_headers", "type": "json", "choices": [], "hint": "SIP headers added to each attempt.", "required": false, "nullable": false, "least": null},

{"name": "metadata", "type": "json", "choices": [], "hint": "Anything of yours, up to 16 KiB as JSON.", "required": false, "nullable": false, "least": null}]}], "secrets": ["password"], "calls": {"create": "providers.create", "update": "providers.update"}}, "customer":

{"path": "/v1.0/customers", "one": "customer", "create": [
{"title": "", "fields": [
{"name": "name", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "detail", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null}]},

{"title": "Contact", "fields": [
{"name": "email", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "phone_number", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "address", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null}]},

{"title": "Webhook", "fields": [
{"name": "webhook_method", "type": "choice", "choices": ["POST", "GET", "PUT", "DELETE"], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "webhook_uri", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null}]}], "update": [
{"title": "", "fields": [
{"name": "name", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "detail", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null}]},

{"title": "Contact", "fields": [
{"name": "email", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "phone_number", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "address", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null}]},

{"title": "Webhook", "fields": [
{"name": "webhook_method", "type": "choice", "choices": ["POST", "GET", "PUT", "DELETE"], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "webhook_uri", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null}]}], "secrets": [], "calls": {"create": "customers.create", "update": "customers.update"}}, "trunk":

{"path": "/v1.0/trunks", "one": "trunk", "create": [
{"title": "", "fields": [
{"name": "customer_id", "type": "text", "choices": [], "hint": "Whose it is.", "required": false, "nullable": false, "least": null},

{"name": "name", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "detail", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "enabled", "type": "flag", "choices": [], "hint": "Calls of a trunk that is not enabled are refused.", "required": false, "nullable": false, "least": null}]},

{"title": "How calls are recognised", "fields": [
{"name": "auth_types", "type": "choices", "choices": ["basic", "ip"], "hint": "`ip`: by source address; `basic`: by digest. Either lets a call in.", "required": false, "nullable": false, "least": null},

{"name": "allowed_ips", "type": "texts", "choices": [], "hint": "Source addresses and networks of the PBX.", "required": false, "nullable": false, "least": null},

{"name": "domain_name", "type": "text", "choices": [], "hint": "Tells trunks at the same address apart, and is the digest realm.", "required": false, "nullable": false, "least": null},

{"name": "username", "type": "text", "choices": [], "hint": "For digest.", "required": false, "nullable": false, "least": null},

{"name": "password", "type": "text", "choices": [], "hint": "Not shown again.", "required": false, "nullable": true, "least": null}]},

{"title": "Numbers", "fields": [
{"name": "default_region", "type": "choice", "choices": ["AC", "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GT", "GU", "GW", "GY", "HK", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TA", "TC", "TD", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "XK", "YE", "YT", "ZA", "ZM", "ZW"], "hint": "ISO country whose national numbers it dials; empty for international digits.", "required": false, "nullable": false, "least": null},

{"name": "trusted_identity", "type": "flag", "choices": [], "hint": "Whether carriers get the P-Asserted-Identity of its calls; it is removed else. For project_super_admin to set.", "required": false, "nullable": false, "least": null},

{"name": "caller_default", "type": "text", "choices": [], "hint": "A number of the customer's own, for carriers that want one where a call has none; empty for none.", "required": false, "nullable": false, "least": null}]},

{"title": "Limits", "fields": [
{"name": "max_channels", "type": "number", "choices": [], "hint": "Cap on concurrent calls.", "required": false, "nullable": true, "least": 1},

{"name": "max_cps", "type": "number", "choices": [], "hint": "Cap on calls per second.", "required": false, "nullable": true, "least": 1},

{"name": "mode", "type": "choice", "choices": ["proxy", "redirect"], "hint": "`redirect` answers 300 with the carriers in order.", "required": false, "nullable": false, "least": null}]}], "update": [
{"title": "", "fields": [
{"name": "name", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "detail", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "enabled", "type": "flag", "choices": [], "hint": "Calls of a trunk that is not enabled are refused.", "required": false, "nullable": false, "least": null}]},

{"title": "How calls are recognised", "fields": [
{"name": "auth_types", "type": "choices", "choices": ["basic", "ip"], "hint": "`ip`: by source address; `basic`: by digest. Either lets a call in.", "required": false, "nullable": false, "least": null},

{"name": "allowed_ips", "type": "texts", "choices": [], "hint": "Source addresses and networks of the PBX.", "required": false, "nullable": false, "least": null},

{"name": "domain_name", "type": "text", "choices": [], "hint": "Tells trunks at the same address apart, and is the digest realm.", "required": false, "nullable": false, "least": null},

{"name": "username", "type": "text", "choices": [], "hint": "For digest.", "required": false, "nullable": false, "least": null},

{"name": "password", "type": "text", "choices": [], "hint": "Not shown. Left empty, it stays as it is.", "required": false, "nullable": true, "least": null}]},

{"title": "Numbers", "fields": [
{"name": "default_region", "type": "choice", "choices": ["AC", "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GT", "GU", "GW", "GY", "HK", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TA", "TC", "TD", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "XK", "YE", "YT", "ZA", "ZM", "ZW"], "hint": "ISO country whose national numbers it dials; empty for international digits.", "required": false, "nullable": false, "least": null},

{"name": "trusted_identity", "type": "flag", "choices": [], "hint": "Whether carriers get the P-Asserted-Identity of its calls; it is removed else. For project_super_admin to set.", "required": false, "nullable": false, "least": null},

{"name": "caller_default", "type": "text", "choices": [], "hint": "A number of the customer's own, for carriers that want one where a call has none; empty for none.", "required": false, "nullable": false, "least": null}]},

{"title": "Limits", "fields": [
{"name": "max_channels", "type": "number", "choices": [], "hint": "Cap on concurrent calls.", "required": false, "nullable": true, "least": 1},

{"name": "max_cps", "type": "number", "choices": [], "hint": "Cap on calls per second.", "required": false, "nullable": true, "least": 1},

{"name": "mode", "type": "choice", "choices": ["proxy", "redirect"], "hint": "`redirect` answers 300 with the carriers in order.", "required": false, "nullable": false, "least": null}]}], "secrets": ["password"], "calls": {"create": "trunks.create", "update": "trunks.update"}}, "accesskey":

{"path": "/v1.0/accesskeys", "one": "access key", "create": [
{"title": "", "fields": [
{"name": "customer_id", "type": "text", "choices": [], "hint": "Whose it is.", "required": false, "nullable": false, "least": null},

{"name": "name", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "detail", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "role", "type": "choice", "choices": ["project_super_admin", "customer_admin", "customer_manager", "edge"], "hint": "What it may do: at most what you may.", "required": false, "nullable": false, "least": null},

{"name": "edge", "type": "text", "choices": [], "hint": "The one edge that a key with the role edge may speak for; any if it is left empty.", "required": false, "nullable": false, "least": null},

{"name": "expire", "type": "number", "choices": [], "hint": "Seconds until it expires: 86,400 are a day. One year if it is left empty.", "required": false, "nullable": false, "least": 86400}]}], "update": [
{"title": "", "fields": [
{"name": "name", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "detail", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "role", "type": "choice", "choices": ["project_super_admin", "customer_admin", "customer_manager", "edge"], "hint": "What it may do: at most what you may.", "required": false, "nullable": false, "least": null},

{"name": "edge", "type": "text", "choices": [], "hint": "The one edge that a key with the role edge may speak for; any if it is left empty.", "required": false, "nullable": false, "least": null}]}], "secrets": [], "calls": {"create": "accesskeys.create", "update": "accesskeys.update"}}, "agent":

{"path": "/v1.0/agents", "one": "person", "create": [
{"title": "", "fields": [
{"name": "customer_id", "type": "text", "choices": [], "hint": "Whose it is.", "required": false, "nullable": false, "least": null},

{"name": "username", "type": "text", "choices": [], "hint": "What they sign in with.", "required": true, "nullable": false, "least": null},

{"name": "password", "type": "text", "choices": [], "hint": "Not shown again.", "required": true, "nullable": false, "least": null},

{"name": "role", "type": "choice", "choices": ["project_super_admin", "customer_admin", "customer_manager"], "hint": "What it may do: at most what you may.", "required": false, "nullable": false, "least": null},

{"name": "name", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "detail", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null}]}], "update": [
{"title": "", "fields": [
{"name": "username", "type": "text", "choices": [], "hint": "What they sign in with.", "required": false, "nullable": false, "least": null},

{"name": "password", "type": "text", "choices": [], "hint": "Not shown. Left empty, it stays as it is.", "required": false, "nullable": true, "least": null},

{"name": "role", "type": "choice", "choices": ["project_super_admin", "customer_admin", "customer_manager"], "hint": "What it may do: at most what you may.", "required": false, "nullable": false, "least": null},

{"name": "name", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null},

{"name": "detail", "type": "text", "choices": [], "hint": "", "required": false, "nullable": false, "least": null}]}], "secrets": ["password"], "calls": {"create": "agents.create", "update": "agents.update"}}}
