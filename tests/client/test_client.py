import asyncio
import io
import time
import uuid
from typing import Any

import pytest

from dialplane.client import ApiError, AsyncClient, Client, read_feed
from dialplane.domain.feed import FeedChange, FeedHead
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.instants import NEVER, format_instant
from tests.client.conftest import Api

NEVER_TEXT = format_instant(NEVER)


def new_provider(client: Client, **fields: Any) -> str:
    return client.providers.create(type="sip", hostname="127.0.0.1:5070", **fields)["id"]


def test_a_login_gives_a_token_that_later_requests_carry(api: Api) -> None:
    with Client(api.url) as client:
        with pytest.raises(ApiError) as refused:
            client.me()
        assert refused.value.http_status == 401
        answer = client.login(api.username, api.password)

        assert answer["username"] == api.username
        assert client.me()["username"] == api.username
    with Client(api.url, token=answer["token"]) as other:
        assert other.me()["username"] == api.username


def test_an_access_key_is_a_credential_too(api: Api, client: Client) -> None:
    key = client.accesskeys.create(name="for a script", expire=86_400)

    with Client(api.url, token=key["token"]) as script:
        assert script.routes.list(page_size=1)
    assert "token" not in client.accesskeys.get(key["id"])


def test_a_noun_is_created_read_changed_listed_and_deleted(client: Client) -> None:
    provider_id = new_provider(client, name="Alpha")
    route = client.routes.create(
        customer_id=SYSTEM_DEFAULT_CUSTOMER, provider_id=provider_id, priority=1, target="+82", name="Korea"
    )

    assert client.routes.get(route["id"]) == route
    assert client.routes.update(route["id"], priority=2)["priority"] == 2
    assert route["id"] in [item["id"] for item in client.routes.all(customer_id=SYSTEM_DEFAULT_CUSTOMER)]
    assert client.routes.delete(route["id"])["tm_delete"] != NEVER_TEXT
    assert route["id"] not in [item["id"] for item in client.routes.all(customer_id=SYSTEM_DEFAULT_CUSTOMER)]


def test_all_goes_through_every_page_once(client: Client) -> None:
    ids = [new_provider(client, name=f"p{n}") for n in range(7)]

    found = [item["id"] for item in client.providers.all(page_size=3)]

    assert [id_ for id_ in found if id_ in ids] == ids[::-1]
    assert len(found) == len(set(found))


def test_an_error_carries_what_the_envelope_says(client: Client) -> None:
    with pytest.raises(ApiError) as refused:
        client.providers.create(type="sip", hostname="not a hostname")

    error = refused.value
    assert (error.http_status, error.status) == (400, "INVALID_ARGUMENT")
    assert error.request_id
    assert [detail["field"] for detail in error.details] == ["hostname"]
    with pytest.raises(ApiError) as absent:
        client.providers.get(str(uuid.uuid4()))
    assert (absent.value.http_status, absent.value.reason) == (404, "PROVIDER_NOT_FOUND")


def test_a_stale_etag_is_refused(client: Client) -> None:
    provider_id = new_provider(client)
    etag = client.providers.get_tagged(provider_id).etag
    client.providers.update(provider_id, if_match=etag, name="first")

    with pytest.raises(ApiError) as stale:
        client.providers.update(provider_id, if_match=etag, name="second")

    assert stale.value.http_status == 412
    assert client.providers.get(provider_id)["name"] == "first"


def test_force_deletes_a_provider_that_routes_use(client: Client) -> None:
    provider_id = new_provider(client)
    route = client.routes.create(customer_id=SYSTEM_DEFAULT_CUSTOMER, provider_id=provider_id, priority=1, target="+49")

    with pytest.raises(ApiError) as used:
        client.providers.delete(provider_id)
    assert used.value.reason == "PROVIDER_IN_USE"
    client.providers.delete(provider_id, force=True)
    assert client.routes.get(route["id"])["tm_delete"] != NEVER_TEXT


def test_the_decision_can_be_asked_for(client: Client) -> None:
    provider_id = new_provider(client)
    client.routes.create(customer_id=SYSTEM_DEFAULT_CUSTOMER, provider_id=provider_id, priority=1, target="+3581")

    answer = client.dialroutes(SYSTEM_DEFAULT_CUSTOMER, "+35812345")

    assert [route["provider_id"] for route in answer["result"]][:1] == [provider_id]


def feed_since(client: Client, *, since: int = 0, epoch: str = "") -> tuple[FeedHead, list[FeedChange]]:
    response = io.BytesIO()
    client.download_feed(response, since=since, epoch=epoch, wait_s=0, edge="here")
    response.seek(0)
    head, changes = read_feed(response)
    return head, list(changes)


def test_the_feed_streams_every_object_and_then_only_changes(client: Client) -> None:
    new_provider(client, name="before")
    head, changes = feed_since(client)
    assert head.full
    assert {"customer", "provider"} <= {change.kind for change in changes}
    provider_id = new_provider(client, name="after")
    later, changes = feed_since(client, since=head.revision, epoch=head.epoch)
    assert not later.full
    assert [change.record["id"] for change in changes] == [provider_id]


def test_a_feed_that_may_not_be_read_is_an_error_not_an_empty_feed(api: Api) -> None:
    with Client(api.url) as stranger, pytest.raises(ApiError) as refused:
        feed_since(stranger)
    assert refused.value.http_status == 401


def test_events_are_taken_and_become_a_call(client: Client) -> None:
    call = str(uuid.uuid4())
    event = {
        "v": 1,
        "id": str(uuid.uuid4()),
        "kind": "call_rejected",
        "edge": "here",
        "at": 1_700_000_000_000_000,
        "mono": 1,
        "call": call,
        "dialled": "abc",
        "number": "",
        "status": 484,
        "reason": "invalid_number",
        "decision": [],
    }

    assert client.report_events("here", [event])["accepted"] == 1
    assert client.report_events("here", [event])["accepted"] == 1
    assert client.calls.get(call)["sip_status"] == 484


def reported(client: Client, kind: str, **fields: Any) -> None:
    at = time.time_ns() // 1_000
    event = {"v": 1, "id": str(uuid.uuid4()), "kind": kind, "edge": "here", "at": at, "mono": 1, **fields}
    assert client.report_events("here", [event])["accepted"] == 1


def test_edges_health_and_figures_can_be_asked_for(api: Api, client: Client) -> None:
    provider_id, call = new_provider(client), str(uuid.uuid4())
    reported(client, "edge_status", agent_version="1.2.3")
    reported(client, "provider_breaker", provider_id=provider_id, hostname="127.0.0.1:5070", state="open")
    reported(client, "call_started", call=call, customer_id=SYSTEM_DEFAULT_CUSTOMER)
    reported(client, "attempt_sent", call=call, n=1, provider_id=provider_id, route_id=call)

    assert client.edges.get("here")["agent_version"] == "1.2.3"
    assert "here" in [edge["name"] for edge in client.edges.all(page_size=1)]
    assert [view["breaker"] for view in client.providers.health(provider_id)["edges"]] == ["open"]
    (figures,) = client.stats.providers(provider_id=provider_id)["result"]
    assert (figures["attempts"], figures["channels"], figures["asr"]) == (1, 1, 0.0)
    before = client.stats.providers(from_="2022-10-22 16:16:16.874761", to="2022-10-23 16:16:16.874761")
    assert before["from"] == "2022-10-22 00:00:00.000000"
    assert before["to"] == "2022-10-24 00:00:00.000000"

    async def scenario() -> None:
        async with AsyncClient(api.url) as other:
            await other.login(api.username, api.password)
            assert (await other.edges.get("here"))["name"] == "here"
            assert (await other.providers.health(provider_id))["provider_id"] == provider_id
            assert (await other.stats.customers(customer_id=SYSTEM_DEFAULT_CUSTOMER))["result"][0]["calls"] >= 1

    asyncio.run(scenario())


def test_the_async_client_has_the_same_nouns_and_verbs(api: Api) -> None:
    async def scenario() -> None:
        async with AsyncClient(api.url) as client:
            await client.login(api.username, api.password)
            assert (await client.me())["username"] == api.username
            assert (await client.customer())["id"] == SYSTEM_DEFAULT_CUSTOMER
            made = await client.providers.create(type="sip", hostname="127.0.0.1:5071", name="async")
            assert (await client.providers.update(made["id"], name="changed"))["name"] == "changed"
            assert (await client.providers.get_tagged(made["id"])).etag
            assert made["id"] in [item["id"] async for item in client.providers.all(page_size=2)]
            assert (await client.providers.delete(made["id"]))["tm_delete"] != NEVER_TEXT
            assert await client.ready()
            assert (await client.dialroutes(SYSTEM_DEFAULT_CUSTOMER, "+999"))["result"] is not None
            with pytest.raises(ApiError) as absent:
                await client.routes.get(str(uuid.uuid4()))
            assert absent.value.reason == "ROUTE_NOT_FOUND"

    asyncio.run(scenario())


def test_the_async_client_downloads_a_feed_whole(api: Api, client: Client, tmp_path: Any) -> None:
    new_provider(client)

    async def scenario() -> None:
        async with AsyncClient(api.url) as follower:
            await follower.login(api.username, api.password)
            with (tmp_path / "feed").open("wb") as file:
                await follower.download_feed(file, since=0, epoch="", wait_s=0, edge="here")

    asyncio.run(scenario())
    with (tmp_path / "feed").open("rb") as file:
        head, changes = read_feed(file)
        assert head.full
        assert sum(1 for _ in changes) >= 2
