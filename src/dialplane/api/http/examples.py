"""Examples of answers in the OpenAPI document, put together from those of their fields: one table for all answers.

What a field shows follows from its name; where that means different things, from its schema's name too. A schema that
has an example of its own shows that one.
"""

from collections.abc import Mapping
from typing import Any

from dialplane.engine.number import STEPS
from dialplane.engine.refusals import ANSWERS, Refusal

ID = "0198f6a2-5c4e-7b31-9d0a-6f1e2c3b4a59"

FIELDS: Mapping[str, Any] = {
    "accepted": 7,
    "acd_ms": 184_000,
    "action": "",
    "actor_id": ID,
    "actor_kind": "agent",
    "actor_name": "admin@localhost",
    "address": "203.0.113.7",
    "answered": 412,
    "arrived": 20,
    "asr": 0.62,
    "attempts": 665,
    "banned": False,
    "breaker_changed_at": "2026-11-22 03:58:12.104221",
    "breaker_detail": "5 attempts failed in a row: 503",
    "calls": 640,
    "change_count": 1,
    "channels": 18,
    "checked_at": "2026-11-22 04:00:07.411902",
    "codecs": "PCMU,PCMA",
    "complete": True,
    "count": 212,
    "detail": "",
    "dialled": "00821012345678",
    "counter": "answered",
    "done": 12_000,
    "duration_ms": 65_000,
    "edge": "edge-1",
    "erased": 3,
    "eta_s": 1.4,
    "examined": 100,
    "failover_rate": 0.08,
    "for_s": 20,
    "from": "2026-11-22 03:00:00.000000",
    "health_checked_at": "2026-11-22 04:00:07.411902",
    "hostname": "sip.carrier.example:5060",
    "is_all": True,
    "is_default": True,
    "is_placed": True,
    "is_possible": True,
    "kind": "change_routes",
    "lanes": "caller",
    "last_leg": 21,
    "late_answer": False,
    "late_answers": 1,
    "meaning": "Days that calls are kept, 0 for ever.",
    "message": "Rows were changed since.",
    "name": "Northwind",
    "ner": 0.97,
    "next_page_token": "2026-11-22 03:40:11.000412",
    "note": "Reload with `asterisk -rx 'module reload res_pjsip.so'`.",
    "no_response_s": 3,
    "number": "+821012345678",
    "obstacle": None,
    "offset_ms": 14.2,
    "operation": "route.update",
    "operations": "route.list",
    "parameters": {"filters": "target_prefix=%2B44", "action": "update", "fields": {"enabled": False}},
    "pdd_ms": 1_340,
    "pdd_p50_ms": 1_290,
    "pdd_p95_ms": 3_840,
    "own": False,
    "percent": 40.0,
    "progress_s": 8,
    "reason": "OK",
    "refused": 11,
    "removed_headers": "Diversion",
    "request_id": "0f6c3b5a2e9d4b7f8a1c2d3e4f506172",
    "result": {"changed": 30_000, "revision": 1_204},
    "revision": 1_204,
    "ring_s": 90,
    "saved": 37,
    "shed": 0,
    "sip_call_id": "a84b4c76e66710@pbx.example",
    "sip_reason": "OK",
    "sip_status": 200,
    "skipped": 4,
    "source_address": "198.51.100.20",
    "source_ip": "198.51.100.4",
    "share": 1.0,
    "stranded": 0,
    "target": "+82",
    "target_name": "",
    "text": "sip.carrier.example",
    "talk_s": 5,
    "tm_answered": "2026-11-22 04:00:02.260114",
    "tm_create": "2026-11-22 04:00:00.000412",
    "tm_delete": "9999-01-01 00:00:00.000000",
    "tm_end": "2026-11-22 04:00:03.800000",
    "tm_ended": "2026-11-22 04:01:07.260114",
    "tm_first": "2026-11-22 03:59:31.000000",
    "tm_hangup": "2026-11-22 04:01:07.260114",
    "tm_last": "2026-11-22 04:00:01.000000",
    "tm_progressing": "2026-11-22 04:00:02.260114",
    "tm_ringing": "2026-11-22 04:00:01.341207",
    "tm_sent": "2026-11-22 04:00:00.000871",
    "tm_start": "2026-11-22 04:00:00.000220",
    "tm_login": "2026-11-22 03:50:00.000000",
    "tm_used": "2026-11-22 04:00:00.000000",
    "tm_update": "2026-11-22 04:01:07.300021",
    "to": "2026-11-22 04:00:00.000000",
    "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...",
    "total": 30_000,
    "unreached": 108,
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "uri": "sip:+821012345678@sip.carrier.example:5060",
    "username": "admin@localhost",
    "value": "90",
    "wait_s": 30,
    "variable": "DIALPLANE_KEEP_CALLS_DAYS",
    "why": "a route of the customer's own",
}
"""Name of a field -> what it shows; of a list, its one entry."""

FIELDS_OF: Mapping[str, Any] = {
    "AbsenceAnswer.summary": "Of the 640 calls of the last 24 hours that went to it, none would have been left "
    "without a carrier; 21 would have had just one.",
    "AddressAnswer.name": "",
    "AddressAnswer.target": "+821012345678",
    "AgentSession.holder": "browser",
    "AgentSession.tm_end": "2026-11-22 16:00:00.000000",
    "AttemptAnswer.number": 1,
    "CallAnswer.ended_by": "callee",
    "CallAnswer.hangup_by": "remote",
    "CallAnswer.status": "hangup",
    "Counted.meaning": "answered by a carrier",
    "DemoAnswer.lost_calls": "a84b4c76e66710@demo.example: no answer within 32 s",
    "DemoCarrierAnswer.character": "answers at once",
    "DemoCarrierAnswer.name": "Bravo",
    "EdgeViewAnswer.detail": "200 OK",
    "DifferenceAnswer.first": 1_200,
    "DifferenceAnswer.last": 1_204,
    "DifferenceAnswer.revisions": 4,
    "FirstTargetAnswer.attempts": 2,
    "FieldChange.after": 2,
    "FieldChange.before": 1,
    "FieldChange.field": "priority",
    "HeaderAnswer.name": "X-Account",
    "HeaderAnswer.value": "4711",
    "Health.status": "ok",
    "JobErrorAnswer.reason": "CHANGED_SINCE",
    "LineAnswer.detail": False,
    "LineAnswer.text": "The call arrives. Carriers to try, in order: Alpha, Bravo.",
    "MeAnswer.name": "Night shift",
    "MessageAnswer.source": 0,
    "MessageAnswer.target": 1,
    "MessageAnswer.text": "INVITE",
    "ObjectChangeAnswer.action": "updated",
    "ObjectChangeAnswer.identity": {"target": "+82", "name": "Korea"},
    "OutageAnswer.calls": 20,
    "OutageAnswer.meaning": "Calls go on; their records come afterwards.",
    "PlacedCall.meaning": "It is on its way. It stands among the calls as soon as the edge has reported it.",
    "PlannedCall.meaning": "It really rings at +821012345678, and may cost money.",
    "OutageBegun.meaning": "Calls go on; their records come afterwards.",
    "Position.meaning": "It refuses every call.",
    "Readiness.checks": {"database": "ok", "schema": "ok", "loops": "ok"},
    "Readiness.status": "ready",
    "RefusalAnswer.code": Refusal.INVALID_NUMBER,
    "RefusalAnswer.sentence": ANSWERS[Refusal.INVALID_NUMBER].sentence,
    "RefusalAnswer.status": ANSWERS[Refusal.INVALID_NUMBER].status,
    "RefusedSourceAnswer.reason": Refusal.UNKNOWN_SOURCE,
    "RefusedSourceAnswer.why": ANSWERS[Refusal.UNKNOWN_SOURCE].sentence,
    "RevisionAnswer.number": 1_204,
    "SessionEnded.status": "ended",
    "SnippetAnswer.text": "[dialplane]\ntype=endpoint",
    "SnippetAnswer.title": "Asterisk (PJSIP)",
    "StepAnswer.after": "+821012345678",
    "StepAnswer.before": "00821012345678",
    "StepAnswer.sentence": STEPS["access_code"],
    "StepAnswer.step": "access_code",
    "SwitchAnswer.meaning": "It answers as its character has it.",
    "TimelineAnswer.summary": "Answered by Bravo, 1.0 s after the call arrived; Alpha had failed.",
    "TimelineAnswer.title": "Call from +442079460000 to +821012345678",
}
"""`Schema.field` -> what it shows, where the name alone does not say it."""

TEXTS: Mapping[str, str] = {
    "/metrics": "# TYPE dialplane_revision gauge\ndialplane_revision 1204.0\n",
    "/v1.0/export": f'{{"kind":"route","revision":1204}}\n{{"id":"{ID}","target":"+82"}}\n{{"end":1204,"count":1}}\n',
    "/v1.0/sheet": "customer,target,provider,priority,weight,enabled,valid_from,valid_until,name,detail,id\r\n"
    f"System default,+82,Alpha,1,,yes,,2032-01-31,,,{ID}\r\n",
    "/v1.0/feed": '{"epoch":"5d0c1f7a","revision":1204,"full":false}\n{"end":1204,"count":0}\n',
}
"""Path -> an answer that is no JSON object."""


class NoExample(Exception):
    """A field of this schema has none."""


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], *, name: str = "", of: str = "") -> Any:
    """What an answer with this schema looks like. `schemas`: the others, by name. Raises NoExample.

    `name` and `of`: the field that it is of, and that field's schema.
    """
    if "$ref" in schema:
        of = schema["$ref"].rpartition("/")[2]
        return example_of(schemas[of], schemas, of=of)
    if "properties" in schema:
        return _object(schema, schemas, of=of)
    if schema.get("type") == "array" and "items" in schema:
        return [example_of(schema["items"], schemas, name=name, of=of)]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas, name=name, of=of)
    return _value(schema, name, of)


def _object(schema: Mapping[str, Any], schemas: Mapping[str, Any], *, of: str) -> Any:
    if "examples" in schema:
        return schema["examples"][0]
    properties = schema["properties"]
    return {name: example_of(properties[name], schemas, name=name, of=of) for name in schema.get("required", ())}


def _value(schema: Mapping[str, Any], name: str, of: str) -> Any:
    """Words of a closed list speak for themselves: the first that is not empty."""
    if (field := f"{of}.{name}") in FIELDS_OF:
        return FIELDS_OF[field]
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return next(word for word in schema["enum"] if word not in ("", None))
    if schema.get("format") == "uuid":
        return ID
    if name in FIELDS:
        return FIELDS[name]
    raise NoExample(field)
