"""The forms of the console: which fields of an object stand together, under which heading. What a field is, what it may
hold and what it is for comes from the OpenAPI document.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dialplane.api.http.fields import INSTANT_SCHEMA

Group = tuple[str, Sequence[str]]
"""Heading, "" for none, and fields."""

MORE = "More"
"""The heading of the fields that no group names, below all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`one`: what people call one of them. `create`, `update`: schemas of the bodies."""

    path: str
    one: str
    create: str
    update: str
    groups: Sequence[Group]


FORMS: Mapping[str, Form] = {
    "route": Form(
        path="/v1.0/routes",
        one="route",
        create="RouteCreate",
        update="RouteUpdate",
        groups=(
            ("", ("customer_id", "target", "provider_id", "priority", "weight", "enabled")),
            ("When", ("valid_from", "valid_until")),
            ("For people", ("name", "detail")),
        ),
    ),
    "provider": Form(
        path="/v1.0/providers",
        one="provider",
        create="ProviderCreate",
        update="ProviderUpdate",
        groups=(
            ("", ("name", "hostname", "transport", "enabled", "detail")),
            ("Limits", ("max_channels", "max_cps")),
            ("Login at the carrier", ("username", "password")),
            ("Numbers", ("number_format", "home_region", "tech_prefix", "tech_postfix", "digit_rules")),
            (
                "Who calls",
                (
                    *("caller_format", "caller_rules", "identity_headers", "trusted", "anonymous", "diversion"),
                    *("sign", "portability"),
                ),
            ),
            ("Failing over", ("failover", "no_response_timeout_s", "progress_timeout_s", "ring_timeout_s")),
            ("Media and headers", ("codecs", "tech_headers", "metadata")),
        ),
    ),
    "customer": Form(
        path="/v1.0/customers",
        one="customer",
        create="CustomerCreate",
        update="CustomerUpdate",
        groups=(
            ("", ("name", "detail")),
            ("Contact", ("email", "phone_number", "address")),
            ("Webhook", ("webhook_method", "webhook_uri")),
        ),
    ),
    "trunk": Form(
        path="/v1.0/trunks",
        one="trunk",
        create="TrunkCreate",
        update="TrunkUpdate",
        groups=(
            ("", ("customer_id", "name", "detail", "enabled")),
            ("How calls are recognised", ("auth_types", "allowed_ips", "domain_name", "username", "password")),
            ("Numbers", ("default_region", "trusted_identity", "caller_default")),
            ("Limits", ("max_channels", "max_cps", "mode")),
        ),
    ),
    "accesskey": Form(
        path="/v1.0/accesskeys",
        one="access key",
        create="AccessKeyCreate",
        update="AccessKeyUpdate",
        groups=(("", ("customer_id", "name", "detail", "role", "edge", "expire")),),
    ),
    "agent": Form(
        path="/v1.0/agents",
        one="person",
        create="AgentCreate",
        update="AgentUpdate",
        groups=(("", ("customer_id", "username", "password", "role", "name", "detail")),),
    ),
}
"""Kind of object -> its form."""

_OWN = {"customer_id": "an object stays with its customer"}
_BY_ROLE = {"permission": "the role says the same as a word"}
_CONTRACT = dict.fromkeys(("ring_method", "tag_ids", "addresses"), "kept for the contract, without a meaning here")

LEFT_OUT: Mapping[str, Mapping[str, str]] = {
    "ProviderCreate": {"type": "there is one"},
    "ProviderUpdate": {"type": "there is one"},
    "CustomerCreate": {"status": "a new one is active"},
    "CustomerUpdate": {"status": "its page freezes and recovers it"},
    "RouteUpdate": _OWN,
    "TrunkUpdate": _OWN,
    "AccessKeyCreate": _BY_ROLE,
    "AccessKeyUpdate": {**_OWN, **_BY_ROLE, "tm_expire": "a key that lasts longer is a new one"},
    "AgentCreate": {**_BY_ROLE, **_CONTRACT},
    "AgentUpdate": {**_OWN, **_BY_ROLE, **_CONTRACT},
}
"""Schema -> fields that a form of it leaves out, and why."""

ANSWERED = frozenset(
    {"id", "tm_create", "tm_update", "tm_delete", "health_status", "health_checked_at", "token", "token_prefix"}
)
"""Fields of answers: a body may repeat them as they are, so that an answer can be sent back."""

HINTS: Mapping[str, str] = {
    "role": "What it may do: at most what you may.",
    "target": "+ and the first digits of the numbers that it matches, or all.",
    "priority": "Lower is tried first.",
    "transport": "How it is reached; UDP if it is left empty.",
    "expire": "Seconds until it expires: 86,400 are a day. One year if it is left empty.",
    "provider_id": "The carrier that gets these calls.",
    "customer_id": "Whose it is.",
    "edge": "The one edge that a key with the role edge may speak for; any if it is left empty.",
    "valid_from": "Not a candidate before; empty for always.",
    "valid_until": "Not a candidate from then on; empty for always.",
    "AgentCreate.username": "What they sign in with.",
    "AgentCreate.password": "Not shown again.",
    "AgentUpdate.username": "What they sign in with.",
    "AgentUpdate.password": "Not shown. Left empty, it stays as it is.",
    "TrunkCreate.password": "Not shown again.",
    "TrunkUpdate.password": "Not shown. Left empty, it stays as it is.",
    "ProviderCreate.password": "Not shown again.",
    "ProviderUpdate.password": "Not shown. Left empty, it stays as it is.",
}
"""Field, or schema and field -> what a form says of it, where the document speaks to programs or says nothing."""

_IN_A_FORM = (("; null for none", "; empty for none"), ("left out", "left empty"), ("left away", "left empty"))
"""What the document says to programs -> the same for whoever fills in a form."""


def form_of(form: Form, schemas: Mapping[str, Any]) -> dict[str, Any]:
    """A form with its fields, each as the OpenAPI document describes it. `schemas`: those of its components."""
    return {
        "path": form.path,
        "one": form.one,
        "create": _groups(form.groups, schemas[form.create]),
        "update": _groups(form.groups, schemas[form.update]),
    }


def _groups(groups: Sequence[Group], schema: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The groups with their fields; those that neither a group nor LEFT_OUT names come last, as MORE."""
    properties, required = schema["properties"], schema.get("required", ())
    but = LEFT_OUT.get(schema["title"], {})
    named = {*ANSWERED, *but, *(name for _, names in groups for name in names)}
    more = [name for name in properties if name not in named]
    return [
        {
            "title": title,
            "fields": [
                _field(schema["title"], name, properties[name], is_required=name in required)
                for name in names
                if name in properties and name not in but
            ],
        }
        for title, names in (*groups, *([(MORE, more)] if more else []))
    ]


def _field(schema_name: str, name: str, property_: Mapping[str, Any], *, is_required: bool) -> Mapping[str, Any]:
    options = property_.get("anyOf", [property_])
    schema = {**property_, **next(one for one in options if one.get("type") != "null")}
    choices = [str(one) for one in schema.get("items", {}).get("enum", schema.get("enum", ())) if one != ""]
    return {
        "name": name,
        "type": _type(schema, choices),
        "choices": choices,
        "hint": hint(schema_name, name, property_.get("description", "")),
        "required": is_required,
        "nullable": any(one.get("type") == "null" for one in options),
        "least": schema.get("minimum"),
    }


def hint(schema: str, name: str, description: str) -> str:
    """What a form of this schema says of a field with this description."""
    if own := HINTS.get(f"{schema}.{name}", HINTS.get(name)):
        return own
    for programs, people in _IN_A_FORM:
        description = description.replace(programs, people)
    return description


def _type(schema: Mapping[str, Any], choices: Sequence[str]) -> str:
    """How a field is filled in."""
    kind = schema.get("type")
    if kind == "array":
        holds_texts = schema.get("items", {}).get("type") == "string"
        return "choices" if choices else "texts" if holds_texts else "json"
    if choices:
        return "choice"
    if schema.get("pattern") == INSTANT_SCHEMA["pattern"]:
        return "instant"
    return {"boolean": "flag", "integer": "number", "number": "number", "object": "json"}.get(str(kind), "text")
