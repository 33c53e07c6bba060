"""Edges in the console: what one carries and finds, what it means that it is cut off, and how another is installed."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from dialplane.client import Client
from dialplane.domain.edge_checks import Held, certificate_check, clock_check
from dialplane.domain.edge_counters import COUNTERS
from tests.console.visit import Visit
from tests.serve.instance import Instance
from tests.waiting import eventually

ONE_EDGE = re.compile(r"/v1\.0/edges/[^/?]+$")
EDGES = re.compile(r"/v1\.0/edges(\?|$)")
DOCUMENTED = Path(__file__).parents[2] / "docs/operations/nodes-and-edges.md"


@pytest.fixture
def client(demo: Instance) -> Iterator[Client]:
    with demo.client() as client:
        yield client


@pytest.fixture
def edge(client: Client) -> str:
    return str(client.edges.list()["result"][0]["name"])


def test_its_page_shows_calls_over_time_every_providers_health_and_what_it_counts(
    visit: Visit, client: Client, edge: str
) -> None:
    page = visit.page
    visit.open("/edges")
    page.get_by_role("link", name=edge).first.click()
    expect(page.get_by_role("img", name="Calls and attempts a minute")).to_be_visible()
    expect(page.get_by_role("img", name="Calls a minute that reached no carrier")).to_be_visible()
    views = page.get_by_role("table", name="Providers, from here")
    expect(views.get_by_role("row", name="Bravo")).to_contain_text("healthy")
    counters = page.get_by_role("table", name="Counters")
    eventually(lambda: client.edges.get(edge)["counters"], within_s=30, what="the edge has told its counters")
    expect(counters.get_by_role("row", name="strangers")).to_contain_text(COUNTERS["strangers"])
    expect(page.locator("section", has=counters)).to_contain_text(re.compile("by the rate of the last [0-9.]+ (s|min)"))
    page.get_by_role("link", name="Test a number here").click()
    expect(page.get_by_role("combobox", name="At edge")).to_have_value(edge)
    assert visit.faults == []


def test_every_providers_health_is_one_request(visit: Visit) -> None:
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    for path in ("/edges", "/"):
        visit.open(path)
        expect(visit.page.locator("main").get_by_text(re.compile("healthy")).first).to_be_visible()
    assert [url for url in asked if url.endswith("/health")] == []
    assert [url for url in asked if "show=edges" in url] != []


def test_an_edge_that_is_cut_off_says_what_goes_on(visit: Visit, client: Client, edge: str) -> None:
    page = visit.page
    told = client.edges.get(edge) | {"state": "silent", "state_detail": "not heard for 4 min: calls go on there"}
    page.route(ONE_EDGE, lambda route: route.fulfill(json=told))
    page.route(EDGES, lambda route: route.fulfill(json={"result": [told], "next_page_token": ""}))
    visit.open("/edges")
    expect(page.locator("main")).to_contain_text("not heard for 4 min: calls go on there")
    visit.open(f"/edges/{edge}")
    expect(page.locator("header .sub")).to_have_text("not heard for 4 min: calls go on there")
    assert visit.unfit() == []


def test_a_clock_that_is_off_and_a_certificate_that_ends_are_warned_of_with_what_to_do(
    visit: Visit, client: Client, edge: str
) -> None:
    page = visit.page
    now = time.time_ns() // 1_000
    checks = [clock_check(-40_000_000), certificate_check([Held("CN=berlin", now + 86_400_000_000)], now=now)]
    told = {**client.edges.get(edge), "checks": [one._asdict() for one in checks]}
    page.route(ONE_EDGE, lambda route: route.fulfill(json=told))
    page.route(EDGES, lambda route: route.fulfill(json={"result": [told], "next_page_token": ""}))
    for path in ("/edges", f"/edges/{edge}"):
        visit.open(path)
        for check in checks:
            expect(page.locator("main dd .bad", has_text=check.detail)).to_be_visible()
        expect(page.locator("main dl")).to_contain_text("(CN=berlin) holds until")
    expect(page.locator("main p.said.bad")).to_have_text([check.detail for check in checks])
    expect(page.get_by_role("link", name="warned of")).to_have_attribute("title", re.compile("40.00 s behind"))
    assert visit.unfit() == []
    assert visit.faults == []


def test_an_edge_tells_of_its_clock_and_certificate_and_an_older_one_does_not(
    visit: Visit, client: Client, edge: str
) -> None:
    eventually(lambda: client.edges.get(edge)["certificates"], within_s=30, what="the edge tells of its certificate")
    visit.open(f"/edges/{edge}")
    expect(visit.page.locator("main dl")).to_contain_text("its clock agrees with this control plane's")
    expect(visit.page.locator("main dl")).to_contain_text(re.compile(r"its certificate \(CN=.*\) holds until 20"))
    older = [clock_check(None), certificate_check(None, now=0)]
    told = {**client.edges.get(edge), "checks": [one._asdict() for one in older]}
    visit.page.route(ONE_EDGE, lambda route: route.fulfill(json=told))
    visit.open(f"/edges/{edge}")
    expect(visit.page.locator("main dl")).to_contain_text("its clock is not reported")
    expect(visit.page.locator("main .said")).to_have_count(0)


def test_a_new_edge_has_the_documented_commands_with_a_key_that_is_bound_to_it(visit: Visit, client: Client) -> None:
    page, keys = visit.page, visit.page.keyboard
    visit.open("/edges")
    keys.press("n")
    dialog = page.get_by_role("dialog", name="New edge")
    dialog.get_by_label("Name").fill("not a name")
    expect(dialog.get_by_role("button", name="Make its key")).to_be_disabled()
    dialog.get_by_label("Name").fill("berlin")
    dialog.get_by_label("Control plane").fill("https://control.example")
    assert visit.unfit() == []
    with page.expect_request(re.compile("/v1.0/accesskeys")) as asked:
        dialog.get_by_role("button", name="Make its key").click()
    expect(dialog).to_contain_text("Not heard yet")
    key = next(one for one in client.accesskeys.all() if one["edge"] == "berlin")
    try:
        documented = DOCUMENTED.read_text()
        body = json.loads(re.findall(r"--data '(.*?)'", documented)[0])
        assert json.loads(asked.value.post_data or "") == body
        commands = dialog.locator("pre").inner_text()
        token = re.findall(rf"^{key['token_prefix']}\S+$", commands, re.MULTILINE)[0]
        assert f"```sh\n{commands.replace(token, '$KEY').strip()}\n```" in documented
        assert visit.unfit() == []
        assert visit.faults == []
    finally:
        client.accesskeys.delete(key["id"])


def test_where_there_is_no_edge_the_commands_stand_at_once(visit: Visit) -> None:
    def none(route: Route) -> None:
        route.fulfill(json={"result": [], "next_page_token": ""})

    visit.page.route(EDGES, none)
    visit.open("/edges")
    expect(visit.page.locator("main pre")).to_contain_text("systemctl enable --now dialplane-edge")
    assert visit.unfit() == []


def test_an_edge_that_is_not_there_leads_to_the_list(visit: Visit) -> None:
    visit.open("/edges/nowhere")
    expect(visit.page.locator("main")).to_contain_text("There is no edge nowhere")
    visit.page.get_by_role("link", name="All there are").click()
    expect(visit.page.locator("h1")).to_have_text("Edges")
    assert [fault for fault in visit.faults if "404" not in fault] == []
