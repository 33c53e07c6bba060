"""The filters of lists whose objects are not many: what each term means, over HTTP and on each database."""

from collections.abc import Mapping
from typing import Any

import pytest

from dialplane.api.console.limits import LISTS
from dialplane.domain.filter import parse_filter
from tests.api.serving import SYSTEM_DEFAULT, Api
from tests.api.world import make_world
from tests.waiting import eventually

MARK = "Sifted"
DAY_S = 86_400


@pytest.fixture(scope="module")
def world(api: Api) -> Mapping[str, Any]:
    """A few objects of each kind, all with one word in their detail."""
    admin = api.admin
    one = admin.made("customers", name=f"{MARK} one", detail=MARK)["id"]
    two = admin.made("customers", name=f"{MARK} two", detail=MARK, email="NOC@two.example")["id"]
    admin.post(f"/v1.0/customers/{two}/freeze")
    new: dict[str, list[dict[str, Any]]] = {
        "providers": [
            {"name": "Alpha", "type": "sip", "hostname": "alpha.example", "transport": "tls"},
            {"name": "Bravo", "type": "sip", "hostname": "bravo.example", "enabled": False},
        ],
        "trunks": [
            {"name": "East", "customer_id": one, "allowed_ips": ["198.51.100.7"], "default_region": "DE"},
            {"name": "West_100%", "customer_id": two, "enabled": False},
        ],
        "accesskeys": [
            {"name": "soon", "customer_id": one, "role": "customer_manager", "expire": 2 * DAY_S},
            {"name": "later", "customer_id": one, "role": "customer_admin", "expire": 60 * DAY_S},
            {"name": "of an edge", "customer_id": two, "role": "edge", "edge": "sifted-1", "expire": 20 * DAY_S},
        ],
        "agents": [
            {"username": "first@sifted.example", "customer_id": one, "role": "customer_manager"},
            {"username": "second@sifted.example", "customer_id": two, "role": "customer_admin"},
        ],
    }
    for collection, objects in new.items():
        more = {"password": "long enough"} if collection == "agents" else {}
        for fields in objects:
            admin.made(collection, **fields, **more, detail=MARK)
    return {"api": api, "one": one, "two": two}


def found(world: Mapping[str, Any], collection: str, text: str) -> list[str]:
    """What people know them by, the oldest first."""
    answer = world["api"].admin.get(f"/v1.0/{collection}", params={"filter": f"{MARK.lower()} {text}"})
    assert answer.status_code == 200, answer.text
    return [one.get("username") or one["name"] for one in reversed(answer.json()["result"])]


@pytest.mark.parametrize(
    ("collection", "text", "expected"),
    [
        ("customers", "is:frozen", ["Sifted two"]),
        ("customers", "-is:frozen", ["Sifted one"]),
        ("customers", "noc@TWO", ["Sifted two"]),
        ("customers", "-noc@two created:<1h", ["Sifted one"]),
        ("customers", "created:>1h", []),
        ("providers", "is:disabled", ["Bravo"]),
        ("providers", "-is:disabled transport:tls", ["Alpha"]),
        ("providers", "bravo.ex", ["Bravo"]),
        ("trunks", 'customer:"sifted one"', ["East"]),
        ("trunks", "-customer:Sifted*", []),
        ("trunks", "198.51.100.", ["East"]),
        ("trunks", "region:DE", ["East"]),
        ("trunks", "-region:DE is:disabled", ["West_100%"]),
        ("trunks", "t_1", ["West_100%"]),
        ("trunks", "0%", ["West_100%"]),
        ("accesskeys", "is:expiring", ["soon"]),
        ("accesskeys", "-is:expiring", ["later", "of an edge"]),
        ("accesskeys", "is:expired", []),
        ("accesskeys", "expires:<30d -role:edge", ["soon"]),
        ("accesskeys", "expires:>30d", ["later"]),
        ("accesskeys", "edge:sifted-1", ["of an edge"]),
        ("accesskeys", 'customer:"Sifted two","Sifted one" role:customer_admin', ["later"]),
        ("agents", "role:customer_admin", ["second@sifted.example"]),
        ("agents", "-role:customer_admin updated:<1d", ["first@sifted.example"]),
    ],
    ids=str,
)
def test_what_a_filter_of_a_list_means(
    world: Mapping[str, Any], collection: str, text: str, expected: list[str]
) -> None:
    assert found(world, collection, text) == expected


@pytest.fixture(scope="module")
def changed(api: Api) -> Mapping[str, Any]:
    """Somebody who has made a provider and two routes, and renamed the one."""
    username = "sifter@changed.example"
    api.admin.made("agents", username=username, password="long enough", role="project_super_admin")
    caller = api.with_token(api.login(username, "long enough"))
    provider = caller.made("providers", type="sip", hostname="changed.example")
    for target in ("+441", "+442"):
        caller.made("routes", customer_id=SYSTEM_DEFAULT, provider_id=provider["id"], priority=1, target=target)
    caller.put(f"/v1.0/providers/{provider['id']}", {"name": "Changed"})
    return {"api": api, "by": username}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["provider.create", "route.create", "route.create", "provider.update"]),
        ("kind:route", ["route.create", "route.create"]),
        ("-kind:route", ["provider.create", "provider.update"]),
        ("did:provider.update", ["provider.update"]),
        ("-did:route.create provider", ["provider.create", "provider.update"]),
        ("objects:1 made:<1h -made:>1h route.cr", ["route.create", "route.create"]),
        ("objects:>1", []),
        ("-127.0.0.1", []),
    ],
)
def test_what_a_filter_of_revisions_means(changed: Mapping[str, Any], text: str, expected: list[str]) -> None:
    for author in (f"by:{changed['by']}", "by:SIFTER*,nobody", f"{changed['by']} -by:nobody"):
        answer = changed["api"].admin.get("/v1.0/revisions", params={"filter": f"{author} {text}"})
        assert [one["operation"] for one in reversed(answer.json()["result"])] == expected


def test_whatever_made_a_revision_is_found_by_it(api: Api) -> None:
    """Each request that changes something, on an object of its own."""
    endpoints = make_world(api)
    for path, methods in api.nobody.get("/openapi.json").json()["paths"].items():
        for method in methods.keys() - {"get"}:
            if "/auth/" not in path:
                assert endpoints.prepared(method.upper(), path).sent_by(api.admin).status_code == 200
    parameters = {"filters": f"id={endpoints.own['routes']}", "action": "update", "fields": {"priority": 77}}
    assert api.admin.post("/v1.0/jobs", {"kind": "routes.change", "parameters": parameters}).status_code == 200
    eventually(lambda: found_by("job.change_routes", api), what="the job has ended")
    made = {one["operation"] for one in api.admin.get("/v1.0/revisions", params={"page_size": "100"}).json()["result"]}
    assert len(made) > 15
    assert all(found_by(operation, api) for operation in made)


def found_by(operation: str, api: Api) -> list[Any]:
    answer = api.admin.get("/v1.0/revisions", params={"filter": f"did:{operation}"})
    assert answer.status_code == 200, answer.text
    result: list[Any] = answer.json()["result"]
    return result


def test_what_was_changed_counts_as_updated(world: Mapping[str, Any]) -> None:
    api: Api = world["api"]
    api.admin.put(f"/v1.0/customers/{world['one']}", {"phone_number": "+4930123"})
    assert found(world, "customers", "updated:<1h") == ["Sifted one", "Sifted two"]


def test_a_filter_is_one_condition_among_others_and_goes_on_over_pages(world: Mapping[str, Any]) -> None:
    api, token, names = world["api"], "", list[str]()
    for _ in range(3):
        query = {"filter": MARK, "customer_id": world["one"], "page_size": "1", "page_token": token}
        page = api.admin.get("/v1.0/accesskeys", params=query).json()
        names += [one["name"] for one in page["result"]]
        token = page["next_page_token"]
    assert names == ["later", "soon"]


def test_nobody_finds_by_a_filter_what_is_not_theirs(world: Mapping[str, Any]) -> None:
    api: Api = world["api"]
    manager = api.caller_with("customer_manager", world["one"])
    assert [one["name"] for one in manager.get("/v1.0/trunks", params={"filter": MARK}).json()["result"]] == ["East"]
    refused = manager.get("/v1.0/trunks", params={"filter": 'customer:"Sifted two"'})
    assert refused.json()["error"]["details"][0]["code"] == "unknown_name"
    assert "two" not in refused.text


@pytest.mark.parametrize(
    ("collection", "text", "says"),
    [
        ("accesskeys", "is:frozen", "must be one of expired, expiring, live after `is:`"),
        ("agents", "role:edge", "must be one of"),
        ("customers", "custmer:x", "must be text or have a word that is known"),
        ("trunks", 'customer:"sifted tow"', '"Sifted two" is near it'),
        ("trunks", "region:germany", "after `region:`"),
    ],
)
def test_what_no_list_can_mean_is_refused(world: Mapping[str, Any], collection: str, text: str, says: str) -> None:
    answer = world["api"].admin.get(f"/v1.0/{collection}", params={"filter": text})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field"] == "filter"
    assert says in answer.json()["error"]["details"][0]["message"]


@pytest.mark.parametrize("kind", LISTS)
def test_every_value_that_is_proposed_is_one(kind: str) -> None:
    words = LISTS[kind].words
    for word in words:
        for value in word.values:
            assert [term.word for term in parse_filter(f"{word.name}:{value}", words)] == [word.name]


@pytest.mark.parametrize("kind", LISTS)
def test_the_example_in_each_box_is_a_filter(kind: str) -> None:
    assert parse_filter(LISTS[kind].like, LISTS[kind].words)
