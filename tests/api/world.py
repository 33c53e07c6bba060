"""Two customers with one object of each kind in a running API, and callers of each kind who belong to the first."""

import time
import uuid
from dataclasses import dataclass
from typing import Any

from dialplane.domain.permission import PERMISSIONS
from tests.api.serving import Api, Caller
from tests.waiting import eventually

EDGE_NAME = "edge-of-the-world"
BOUND_EDGE = "edge, bound"
"""A caller whose key may speak for EDGE_NAME alone."""

ABSENT = "4dbeabd6-f397-4375-95d2-a38411e07ed1"
NEW_AGENT = {"password": "long enough", "permission": "customer_manager"}
NEW_KEY = {"expire": 86_400, "permission": "customer_manager"}
TEST_CALL = {"number": "+821012345678"}

_CHANGES = {"password": {"password": "long enough"}, "permission": {"permission": 64}}

Ids = dict[str, str]
"""Noun of a path -> what stands for `{id}`, `{number}` or `{name}` there."""


@dataclass
class Prepared:
    """A request that nothing but the caller's permission can stand in the way of."""

    method: str
    path: str
    body: Any
    params: dict[str, str]

    def sent_by(self, caller: Caller) -> Any:
        return caller(self.method, self.path, json=self.body, params=self.params)


@dataclass
class World:
    """Objects of the own and of a foreign customer; `callers` by permission are the own customer's."""

    api: Api
    own: Ids
    foreign: Ids
    callers: dict[str, Caller]

    def path(self, template: str, ids: Ids) -> str:
        """The path of the object of these ids."""
        for place in ("{id}", "{number}", "{name}"):
            if place in template:
                return template.replace(place, ids[noun_of(template)])
        return template

    def prepared(self, method: str, template: str) -> Prepared:
        """The request to this endpoint, on an object that exists; a new one for what may be done to it only once."""
        ids = self.own
        if method == "DELETE" or template.endswith(("/undo", "/freeze", "/recover", "/password", "/cancel", "/logout")):
            ids = {**ids, noun_of(template): self._fresh(noun_of(template))}
        asked = {"customer_id": self.own["customers"], "target": "+821012345678"}
        needed = {
            "/v1.0/dialroutes": asked,
            "/v1.0/providers/{id}/targets": {"customer_id": self.own["customers"]},
            "/v1.0/dialled": {"trunk_id": self.own["trunks"], "dialled": "00821012345678"},
            "/v1.0/search": {"q": "own"},
            "/v1.0/testcalls": TEST_CALL | {"trunk_id": self.own["trunks"]} if method == "GET" else {},
            "/v1.0/stream": {"for_s": "0"},
            "/v1.0/export": {"kind": "route"},
            "/v1.0/revisions/{number}/difference": {"to": "0"},
        }
        params = needed.get(template, {})
        return Prepared(method, self.path(template, ids), self.body(method, template), params)

    def report(self, kind: str, **fields: Any) -> None:
        """Has the edge tell more of the own customer's call."""
        _report(self.api, kind, call=self.own["calls"], **fields)

    def _fresh(self, noun: str) -> str:
        if noun == "edges":
            name = f"edge-{uuid.uuid4()}"
            _report(self.api, "edge_status", edge=name)
            return name
        if noun == "jobs":
            return start_job(self.api)
        if noun == "revisions":
            self.api.admin.made("customers")
            return newest_revision(self.api)
        made: str = self.api.admin.made(noun, **self._new(noun))["id"]
        return made

    def body(self, method: str, template: str) -> Any:
        """One that the endpoint takes; None for none."""
        if method == "PUT":
            return _CHANGES.get(template.rpartition("/")[2], {"name": "renamed"})
        if method != "POST" or template.endswith(("/undo", "/freeze", "/recover", "/cancel", "/logout")):
            return {} if method == "POST" else None
        return {
            "/v1.0/routes/{id}/move": {"to": "later"},
            "/v1.0/testcalls": TEST_CALL | {"trunk_id": self.own["trunks"]},
            "/v1.0/calls/erasures": {"number": "+99900000000"},
            "/v1.0/events": {"edge": EDGE_NAME, "events": []},
            "/v1.0/jobs": {
                "kind": "routes.change",
                "parameters": {"filters": "target=%2B999999", "action": "delete", "dry_run": True},
            },
            "/v1.0/sheet": {"text": "target\n+82", "dry_run": True},
            "/v1.0/changes": {"changes": [{"action": "create", "kind": "customer", "fields": {}}]},
        }.get(template) or self._new(noun_of(template))

    def _new(self, noun: str) -> dict[str, Any]:
        mine = {"customer_id": self.own["customers"]}
        new: dict[str, dict[str, Any]] = {
            "customers": {"name": "new"},
            "providers": {"type": "sip", "hostname": "sip.carrier.example"},
            "routes": {**mine, "provider_id": self.own["providers"], "priority": 1, "target": "+1"},
            "trunks": mine,
            "accesskeys": {**mine, **NEW_KEY},
            "agents": {**mine, **NEW_AGENT, "username": f"{uuid.uuid4()}@new.example"},
        }
        return new[noun]


def make_world(api: Api) -> World:
    """A world of its own in this API."""
    provider = api.admin.made("providers", type="sip", hostname="sip.carrier.example")["id"]
    own, foreign = _objects(api, provider, "own"), _objects(api, provider, "foreign")
    callers: dict[str, Caller] = {
        permission: api.caller_with(permission, own["customers"]) for permission in PERMISSIONS
    }
    bound = api.admin.made("accesskeys", customer_id=own["customers"], role="edge", edge=EDGE_NAME, expire=86_400)
    return World(api, own, foreign, {**callers, BOUND_EDGE: api.with_token(bound["token"])})


def noun_of(template: str) -> str:
    return template.split("/")[2]


def start_job(api: Api) -> str:
    """A job that changes nothing."""
    parameters = {"filters": "target=%2B999999", "action": "delete", "dry_run": True}
    return str(api.admin.post("/v1.0/jobs", {"kind": "routes.change", "parameters": parameters}).json()["id"])


def newest_revision(api: Api) -> str:
    return str(api.admin.get("/v1.0/revisions", params={"page_size": "1"}).json()["result"][0]["number"])


def _objects(api: Api, provider: str, name: str) -> Ids:
    admin = api.admin
    customer = admin.made("customers", name=name)["id"]
    mine = {"customer_id": customer}
    return {
        "customers": customer,
        "providers": provider,
        "routes": admin.made("routes", **mine, provider_id=provider, priority=1, target="+82")["id"],
        "trunks": admin.made("trunks", **mine)["id"],
        "accesskeys": admin.made("accesskeys", **mine, **NEW_KEY)["id"],
        "agents": admin.made("agents", **mine, **NEW_AGENT, username=f"{customer}@{name}.example")["id"],
        "calls": _call(api, customer),
        "revisions": newest_revision(api),
        "edges": EDGE_NAME,
        "jobs": start_job(api),
    }


def _call(api: Api, customer: str) -> str:
    """A call of this customer, by an edge that is known once the call is."""
    call = str(uuid.uuid4())
    _report(api, "call_started", call=call, customer_id=customer, number="+8210")
    eventually(lambda: api.admin.get(f"/v1.0/edges/{EDGE_NAME}").status_code == 200, what="the edge is known")
    return call


def _report(api: Api, kind: str, **fields: Any) -> None:
    at = time.time_ns() // 1_000
    event = {"v": 1, "id": str(uuid.uuid4()), "kind": kind, "edge": EDGE_NAME, "at": at, "mono": 1, **fields}
    assert api.admin.post("/v1.0/events", {"edge": event["edge"], "events": [event]}).json() == {"accepted": 1}
