"""Every operation of the API is in both clients, and its answers have the types that the client declares."""

import asyncio
import inspect
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from dialplane.api.app import openapi_document
from dialplane.client import ApiError, AsyncClient, Client, schemas
from dialplane.client.operation import Operation
from dialplane.client.operations import OPERATIONS
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.instants import NEVER, format_instant
from tests.client.conftest import Api

Ask = Callable[[Callable[[Any], Any], Any], Any]

NOT_FOR_PROGRAMS = {"loginVersioned", "beginSession", "endOwnSession", "watchStream"}
"""An operation that another one does too, under another path; sessions of browsers; what never ends."""

METHODS = {"feed": "download_feed"}
"""Methods that are written by hand."""


@pytest.fixture(scope="module")
def client(api: Api) -> Iterator[Client]:
    """Logged in as the administrator, once for all tests here."""
    with Client(api.url) as client:
        client.login(api.username, api.password)
        yield client


@pytest.fixture(scope="module", params=[Client, AsyncClient], ids=["blocking", "async"])
def ask(request: pytest.FixtureRequest, api: Api, client: Client) -> Iterator[Ask]:
    """Ask with one of the clients, as the administrator. The answer must have exactly the fields that are declared."""
    token = client.accesskeys.create(expire=86_400)["token"]
    yield from (blocking(api, token) if request.param is Client else asynchronous(api, token))


def blocking(api: Api, token: str) -> Iterator[Ask]:
    with Client(api.url, token=token) as client:

        def ask(question: Callable[[Any], Any], declared: Any) -> Any:
            answer = question(client)
            return as_declared(list(answer) if inspect.isgenerator(answer) else answer, declared)

        yield ask


def asynchronous(api: Api, token: str) -> Iterator[Ask]:
    async def awaited(answer: Any) -> Any:
        return await answer if inspect.isawaitable(answer) else [item async for item in answer]

    with asyncio.Runner() as runner:
        client = AsyncClient(api.url, token=token)
        yield lambda question, declared: as_declared(runner.run(awaited(question(client))), declared)
        runner.run(client.close())


def as_declared(answer: Any, declared: Any) -> Any:
    """The answer, which has all fields that its type requires, and none but those of its type."""
    assert msgspec.convert(answer, declared) == answer
    return answer


def test_every_operation_of_the_document_is_known() -> None:
    paths = openapi_document()["paths"]
    names = {operation["operationId"] for methods in paths.values() for operation in methods.values()}
    assert {operation.name for operation in OPERATIONS} == names - NOT_FOR_PROGRAMS


@pytest.fixture(scope="module", params=[Client, AsyncClient], ids=["blocking", "async"])
def idle(request: pytest.FixtureRequest) -> Client | AsyncClient:
    """A client that is never used for a request."""
    client: Client | AsyncClient = request.param("http://127.0.0.1:1")
    return client


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_has_a_documented_method(idle: Client | AsyncClient, operation: Operation[Any]) -> None:
    holder = getattr(idle, operation.resource) if operation.resource else idle
    method = getattr(holder, METHODS.get(operation.verb, operation.verb))

    assert inspect.iscoroutinefunction(method) == isinstance(idle, AsyncClient)
    assert inspect.signature(method).return_annotation in (operation.answer, None)
    assert inspect.getdoc(method)


def test_every_field_of_a_body_says_its_type_and_whether_it_is_required() -> None:
    (create,) = (operation for operation in OPERATIONS if operation.name == "createRoute")
    assert create.body is schemas.RouteCreate
    hints = get_type_hints(create.body, include_extras=True)
    assert create.body.__required_keys__ == {"customer_id", "provider_id", "priority", "target"}
    assert get_args(hints["priority"]) == (int, "Lower is tried first; 1 is the documented highest.")
    for operation in OPERATIONS:
        assert operation.answer is str or get_type_hints(operation.answer)
        assert operation.body is None or get_type_hints(operation.body)


def test_both_clients_have_the_same_methods_with_the_same_arguments() -> None:
    assert_twins(AsyncClient, Client)
    blocking = vars(Client("http://127.0.0.1:1"))
    for name, resource in vars(AsyncClient("http://127.0.0.1:1")).items():
        assert_twins(type(resource), type(blocking[name]))


def assert_twins(asynchronous: type, blocking: type) -> None:
    assert signatures(asynchronous) == signatures(blocking)


def signatures(kind: type) -> dict[str, list[str]]:
    methods = inspect.getmembers(kind, inspect.isfunction)
    return {name.replace("__a", "__"): list(inspect.signature(method).parameters) for name, method in methods}


def test_who_i_am_says_of_whom_and_what_kind(ask: Ask, api: Api, client: Client) -> None:
    key = ask(lambda api: api.me(), schemas.MeAnswer)
    assert (key["kind"], len(key["token_prefix"]), "username" in key) == ("accesskey", 8, False)
    person = as_declared(client.me(), schemas.MeAnswer)
    assert (person["kind"], person["username"], "tm_expire" in person) == ("agent", api.username, False)
    assert key["customer"]["id"] == person["customer"]["id"] == SYSTEM_DEFAULT_CUSTOMER


def test_a_revision_is_listed_read_and_undone(ask: Ask, client: Client) -> None:
    provider = client.providers.create(type="sip", hostname="127.0.0.1:5070", name="before")["id"]
    client.providers.update(provider, name="after")

    (newest, _) = ask(lambda api: api.revisions.list(object_id=provider), schemas.RevisionPage)["result"]
    revision = ask(lambda api: api.revisions.get(newest["number"]), schemas.RevisionAnswer)
    (change,) = revision["changes"]
    assert {"field": "name", "before": "before", "after": "after"} in change["fields"]

    undone = ask(lambda api: api.revisions.undo(newest["number"]), schemas.RevisionAnswer)
    assert undone["number"] > newest["number"]
    assert client.providers.get(provider)["name"] == "before"
    seen = ask(lambda api: api.revisions.all(object_id=provider, page_size=1), list[schemas.RevisionAnswer])
    assert [each["number"] for each in seen][:2] == [undone["number"], newest["number"]]


def test_a_large_revision_is_read_part_by_part(ask: Ask, client: Client) -> None:
    made = client.apply_changes([{"action": "create", "kind": "customer", "fields": {"name": "n"}}] * 3)["revision"]
    assert made is not None

    first = ask(lambda api: api.revisions.get(made, page_size=2), schemas.RevisionAnswer)
    rest = ask(lambda api: api.revisions.get(made, after=first["next_after"]), schemas.RevisionAnswer)

    assert (len(first["changes"]), len(rest["changes"]), "next_after" in rest) == (2, 1, False)


def test_many_changes_are_tried_and_then_made_as_one_revision(ask: Ask, client: Client) -> None:
    changes: list[schemas.ChangeBody] = [
        {"action": "create", "kind": "provider", "ref": "p", "fields": {"type": "sip", "hostname": "b.example"}},
        {
            "action": "create",
            "kind": "route",
            "fields": {"customer_id": SYSTEM_DEFAULT_CUSTOMER, "provider_id": "@p", "priority": 1, "target": "+3582"},
        },
    ]

    tried = ask(lambda api: api.apply_changes(changes, dry_run=True), schemas.ChangesAnswer)
    assert tried["revision"] is None
    assert [change["kind"] for change in tried["changes"]] == ["provider", "route"]

    key = str(uuid.uuid4())
    made = ask(lambda api: api.apply_changes(changes, idempotency_key=key), schemas.ChangesAnswer)
    again = ask(lambda api: api.apply_changes(changes, idempotency_key=key), schemas.ChangesAnswer)
    assert made == again
    assert client.routes.get(made["ids"][1])["provider_id"] == made["ids"][0]


def test_a_decision_is_explained(ask: Ask, client: Client) -> None:
    number = f"+3583{uuid.uuid4().int % 10**8:08}"
    providers = [client.providers.create(type="sip", hostname=f"127.0.0.1:{port}")["id"] for port in (5070, 5071)]
    client.providers.update(providers[1], enabled=False)
    for priority, provider in enumerate(providers):
        client.routes.create(
            customer_id=SYSTEM_DEFAULT_CUSTOMER, provider_id=provider, priority=priority, target=number[:-1]
        )

    plain = ask(lambda api: api.dialroutes(SYSTEM_DEFAULT_CUSTOMER, number), schemas.DialrouteAnswer)
    explained = ask(
        lambda api: api.dialroutes(SYSTEM_DEFAULT_CUSTOMER, number, call_id="c", explain=True),
        schemas.DialrouteAnswer,
    )

    assert "candidates" not in plain
    assert [route["provider_id"] for route in explained["result"]] == providers[:1]
    outcomes = {candidate["provider_id"]: candidate["outcome"] for candidate in explained["candidates"]}
    assert (outcomes[providers[0]], outcomes[providers[1]]) == ("tried", "skipped")


def test_a_call_its_edge_and_its_figures_are_read(ask: Ask, client: Client) -> None:
    provider, call = client.providers.create(type="sip", hostname="127.0.0.1:5072")["id"], str(uuid.uuid4())
    events: list[dict[str, Any]] = [
        {"kind": "edge_status", "agent_version": "1.2.3"},
        {"kind": "call_started", "call": call, "customer_id": SYSTEM_DEFAULT_CUSTOMER, "source_address": "192.0.2.7"},
        {"kind": "attempt_sent", "call": call, "n": 1, "provider_id": provider, "route_id": call},
    ]
    of_all = {"v": 1, "edge": "there", "at": time.time_ns() // 1_000, "mono": 1}
    batch = [{**of_all, "id": str(uuid.uuid4()), **fields} for fields in events]
    agent: schemas.AgentReport = {"backlog_bytes": 0, "loops": {"feed": 1}}

    taken = ask(lambda api: api.report_events("there", [*batch, 7], agent=agent), schemas.EventsAnswer)
    assert taken == {"accepted": 3, "refused": 1}
    assert ask(lambda api: api.calls.get(call), schemas.CallAnswer)["source_address"] == "192.0.2.7"
    assert ask(lambda api: api.calls.list(provider_id=provider), schemas.CallPage)["result"][0]["id"] == call
    assert ask(lambda api: api.edges.get("there"), schemas.EdgeAnswer)["calls_in_progress"] >= 1
    assert ask(lambda api: api.providers.health(provider), schemas.HealthAnswer)["edges"] == []
    figures = ask(lambda api: api.stats.providers(provider_id=provider), schemas.ProviderStatsWindow)
    assert [each["attempts"] for each in figures["result"]] == [1]
    assert ask(lambda api: api.stats.routes(provider_id=provider), schemas.RouteStatsWindow)["result"]
    assert ask(lambda api: api.stats.targets(), schemas.TargetStatsWindow)["to"]
    assert ask(lambda api: api.stats.customers(provider_id=provider), schemas.CustomerStatsWindow)["result"]


def test_every_field_of_an_object_can_be_set_and_is_answered(ask: Ask) -> None:
    provider = ask(
        lambda api: api.providers.create(
            type="sip", hostname="127.0.0.1:5073", enabled=False, transport="tls", username="u", password="p",
            max_channels=3, max_cps=2, failover={"404": "stop"}, no_response_timeout_s=1, metadata={"a": [1]},
            tech_headers={"X-Tech": "1"}, codecs="PCMA",
        ),
        schemas.ProviderAnswer,
    )  # fmt: skip
    assert (provider["transport"], provider["failover"]) == ("tls", {"404": "stop"})
    cleared = ask(
        lambda api: api.providers.update(provider["id"], max_channels=None, failover={}), schemas.ProviderAnswer
    )
    assert ("max_channels" in cleared, "max_cps" in cleared) == (False, True)

    trunk = ask(
        lambda api: api.trunks.create(
            name="PBX", auth_types=["ip"], allowed_ips=["198.51.100.0/24"], default_region="FI", mode="redirect"
        ),
        schemas.TrunkAnswer,
    )
    assert (trunk["default_region"], trunk["mode"]) == ("FI", "redirect")
    assert ask(lambda api: api.trunks.delete(trunk["id"]), schemas.TrunkAnswer)["id"] == trunk["id"]


def test_the_own_customer_is_read_and_changed(ask: Ask) -> None:
    detail = str(uuid.uuid4())
    assert ask(lambda api: api.update_own_customer(detail=detail), schemas.CustomerAnswer)["detail"] == detail
    assert ask(lambda api: api.customer(), schemas.CustomerAnswer)["detail"] == detail


def test_agents_log_in_with_what_they_were_created_with(ask: Ask) -> None:
    name = f"{uuid.uuid4()}@example"
    agent = ask(
        lambda api: api.agents.create(username=name, password="a long password", role="customer_manager"),
        schemas.AgentAnswer,
    )
    assert agent["tm_delete"] == format_instant(NEVER)
    assert ask(lambda api: api.auth.login(name, "a long password"), schemas.LoginAnswer)["username"] == name
    assert agent["id"] in [each["id"] for each in ask(lambda api: api.agents.all(), list[schemas.AgentAnswer])]


def test_the_process_reports_health_readiness_and_metrics(ask: Ask) -> None:
    assert ask(lambda api: api.healthz(), schemas.Health)["status"]
    assert ask(lambda api: api.readyz(), schemas.Readiness)["status"] == "ready"
    assert "# TYPE" in ask(lambda api: api.metrics(), str)


def test_any_operation_can_be_executed_by_its_description(ask: Ask) -> None:
    by_name = {operation.name: operation for operation in OPERATIONS}
    create, get = by_name["createCustomer"], by_name["getCustomer"]

    made = ask(lambda api: api.execute(create, body={"name": "generic"}), create.answer)
    assert ask(lambda api: api.execute(get, {"id": made["id"]}), get.answer) == made


def test_a_name_in_a_path_is_one_part_of_it(ask: Ask) -> None:
    with pytest.raises(ApiError) as absent:
        ask(lambda api: api.edges.get("no such/edge?"), schemas.EdgeAnswer)
    assert absent.value.http_status == 404
