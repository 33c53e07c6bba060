"""The list of routes with its filters, orders and counts, over HTTP; what each filter means: tests/control."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.serving import Api
from tests.waiting import eventually

TARGETS = ("+44", "+4420", "+4479", "+45", "+49", "all", "+999")


@pytest.fixture(scope="module")
def table(api: Api) -> dict[str, Any]:
    """Routes of one customer to two providers; the last one is disabled."""
    admin = api.admin
    customer = admin.made("customers", name="Looked through")["id"]
    providers = [admin.made("providers", type="sip", hostname=f"{name}.example")["id"] for name in ("a", "b")]
    routes = [
        admin.made(
            "routes",
            customer_id=customer,
            provider_id=providers[number % 2],
            target=target,
            priority=number % 3,
            name=f"To {target}",
            enabled=target != "+999",
        )
        for number, target in enumerate(TARGETS)
    ]
    return {"api": api, "customer": customer, "providers": providers, "routes": routes}


def listed(table: dict[str, Any], **query: Any) -> dict[str, Any]:
    answer = table["api"].admin.get("/v1.0/routes", params={"customer_id": table["customer"], **query})
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def targets(table: dict[str, Any], **query: Any) -> list[str]:
    """Of all pages, two routes a page."""
    found, token = list[str](), ""
    while page := listed(table, **query, page_size="2", page_token=token)["result"]:
        found += [route["target"] for route in page]
        token = listed(table, **query, page_size="2", page_token=token)["next_page_token"]
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"sort": "target"}, ["+44", "+4420", "+4479", "+45", "+49", "+999", "all"]),
        ({"sort": "-target"}, ["all", "+999", "+49", "+45", "+4479", "+4420", "+44"]),
        ({"sort": "priority"}, ["+44", "+45", "+999", "+4420", "+49", "+4479", "all"]),
        ({}, list(reversed(TARGETS))),
        ({"target_prefix": "+44", "sort": "target"}, ["+44", "+4420", "+4479"]),
        ({"covers": "+447900", "sort": "target"}, ["+44", "+4479", "all"]),
        ({"q": "to +44", "sort": "target"}, ["+44", "+4420", "+4479"]),
        ({"q": "442"}, ["+4420"]),
        ({"state": "disabled"}, ["+999"]),
        ({"enabled": "false"}, ["+999"]),
        ({"priority": "0", "sort": "target"}, ["+44", "+45", "+999"]),
        ({"filter": "target:+44* -target:+4420 sort", "sort": "target"}, []),
        ({"filter": "target:+44* -target:+4420", "sort": "target"}, ["+44", "+4479"]),
        ({"filter": 'provider:A.EXAMPLE customer:"looked THROUGH"', "sort": "target"}, ["+44", "+4479", "+49", "+999"]),
        ({"filter": "-provider:a.* target:+4*", "sort": "target"}, ["+4420", "+45"]),
        (
            {"filter": "priority:>=1 -is:disabled updated:<1h created:<1h", "sort": "target"},
            ["+4420", "+4479", "+49", "all"],
        ),
        ({"filter": "is:disabled", "target_prefix": "+9"}, ["+999"]),
        ({"filter": "updated:>1h"}, []),
    ],
    ids=str,
)
def test_a_list_in_order(table: dict[str, Any], query: dict[str, str], expected: list[str]) -> None:
    assert targets(table, **query) == expected
    assert listed(table, **query, count="estimate")["count"] == {"about": len(expected), "exact": True}


def test_what_was_changed_last_comes_first(table: dict[str, Any]) -> None:
    changed = table["routes"][2]
    table["api"].admin.put(f"/v1.0/routes/{changed['id']}", {"detail": "changed"})
    assert listed(table, sort="-tm_update")["result"][0]["id"] == changed["id"]


def test_several_providers_are_one_filter(table: dict[str, Any]) -> None:
    first, second = table["providers"]
    of_first = targets(table, provider_id=first)
    of_both = targets(table, provider_id=f"{first},{second}")
    assert (len(of_first), len(of_both)) == (4, 7)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"sort": "name"}, "sort"),
        ({"sort": "target", "page_token": "2022-10-22 16:16:16.874761"}, "page_token"),
        ({"page_token": "+44~2022-10-22 16:16:16.874761"}, "page_token"),
        ({"sort": "target", "page_token": "x\x00~2022-10-22 16:16:16.874761"}, "page_token"),
        ({"sort": "priority", "page_token": "99999999999999999999~2022-10-22 16:16:16.874761"}, "page_token"),
        ({"page_token": "nonsense"}, "page_token"),
        ({"provider_id": "x"}, "provider_id"),
        ({"target_prefix": "all"}, "target_prefix"),
        ({"state": "unreachable"}, "state"),
        ({"count": "exact"}, "count"),
        ({"filter": "providr:x"}, "filter"),
        ({"filter": "provider:nobody"}, "filter"),
    ],
    ids=str,
)
def test_what_no_list_can_mean_is_refused(sqlite_api: Api, query: dict[str, str], field: str) -> None:
    answer = sqlite_api.admin.get("/v1.0/routes", params=query)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field"] == field


def test_the_name_that_was_meant_is_said(api: Api, table: dict[str, Any]) -> None:
    answer = api.admin.get("/v1.0/routes", params={"filter": "is:live customer:look-through"})
    message = answer.json()["error"]["message"]
    assert message == 'filter: term 2 must have the name of a customer that there is: "Looked through" is near it.'


def test_what_a_filter_means_is_exported_and_changed_together(api: Api, table: dict[str, Any]) -> None:
    text = 'customer:"Looked through" -target:+4*'
    lines = api.admin.get("/v1.0/export", params={"kind": "route", "filter": text}).text.splitlines()
    assert [json.loads(line)["target"] for line in lines[1:-1]] == ["all", "+999"]
    refused = api.admin.get("/v1.0/export", params={"kind": "trunk", "filter": text})
    assert refused.json()["error"]["details"][0]["field"] == "filter"

    def started(**parameters: Any) -> dict[str, Any]:
        given = {"action": "update", "fields": {"weight": 7}, "dry_run": True, **parameters}
        answer: dict[str, Any] = api.admin.post("/v1.0/jobs", {"kind": "routes.change", "parameters": given}).json()
        return answer

    job = started(filters=f"filter={quote(text)}")
    seen = eventually(lambda: done(api, job["id"]), within_s=30, what="the job is done")
    assert [change["identity"]["target"] for change in seen["result"].pop("changes")] == ["all", "+999"]
    assert seen["result"] == {"matched": 2, "changed": 2, "revision": None}
    assert started(filters="filter=%20")["error"]["details"][0]["field"] == "filters"
    assert started(filters="filter=is%3Aoff")["error"]["details"][0]["field"] == "filter"


def done(api: Api, job: str) -> Any:
    seen = api.admin.get(f"/v1.0/jobs/{job}").json()
    return seen if seen["state"] == "done" else None


def test_a_route_is_moved_among_those_to_its_target_as_one_revision(api: Api) -> None:
    customer = api.admin.made("customers", name="With an order")["id"]
    provider = api.admin.made("providers", type="sip", hostname="d.example")["id"]
    fields = {"customer_id": customer, "provider_id": provider}
    first, second, third = (
        api.admin.made("routes", **fields, target="+1", priority=priority)["id"] for priority in (1, 1, 2)
    )
    api.admin.made("routes", **fields, target="+12", priority=1)
    own = {"api": api, "customer": customer}

    def order() -> list[tuple[str, int]]:
        return [(one["id"], one["priority"]) for one in listed(own, target="+1", sort="priority")["result"]]

    moved = api.admin.post(f"/v1.0/routes/{first}/move", {"to": "later"})
    assert (moved.status_code, moved.json()["priority"]) == (200, 2)
    assert order() == [(second, 1), (first, 2), (third, 3)]
    revision = api.admin.get(f"/v1.0/revisions/{moved.headers['x-revision']}").json()
    assert {change["object_id"] for change in revision["changes"]} == {first, third}
    last = api.admin.post(f"/v1.0/routes/{third}/move", {"to": "later"})
    assert last.status_code == 200
    assert "x-revision" not in last.headers
    assert listed(own, target="+12")["result"][0]["priority"] == 1
    past = api.admin.post(f"/v1.0/routes/{third}/move", {"to": "earlier", "past": second})
    assert past.json()["priority"] == 1
    assert order() == [(third, 1), (second, 2), (first, 3)]
    elsewhere = listed(own, target="+12")["result"][0]["id"]
    refused = api.admin.post(f"/v1.0/routes/{third}/move", {"to": "later", "past": elsewhere})
    assert (refused.status_code, refused.json()["error"]["details"][0]["field"]) == (400, "past")
    api.admin.delete(f"/v1.0/routes/{third}")
    assert api.admin.post(f"/v1.0/routes/{third}/move", {"to": "earlier"}).status_code == 409


PERIODS: dict[str, dict[str, Any]] = {
    "live": {},
    "disabled": {"enabled": False},
    "not_yet": {"valid_from": "2990-01-01 00:00:00.000000"},
    "expired": {"valid_until": "2020-01-01 00:00:00.000000"},
}


def test_each_route_says_what_it_is_as_the_filter_has_it(api: Api) -> None:
    customer = api.admin.made("customers", name="With periods")["id"]
    provider = api.admin.made("providers", type="sip", hostname="c.example")["id"]
    for period in PERIODS.values():
        api.admin.made("routes", customer_id=customer, provider_id=provider, target="+1", priority=1, **period)
    own = {"api": api, "customer": customer}
    for state in PERIODS:
        assert [one["state"] for one in listed(own, state=state, expand="state,provider")["result"]] == [state]
    assert "state" not in listed(own)["result"][0]
