"""Every page of the console: it opens, by keys as well; it is fit for everybody, in light and dark; it asks no other
host, breaks no rule of its content security policy and logs no error."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dialplane.client import Client
from dialplane.serve.demo import NUMBER
from tests.console.conftest import PASSWORD, USERNAME
from tests.console.visit import Visit
from tests.serve.instance import Instance
from tests.waiting import eventually

PAGES = {
    "/": ("Overview", "o"),
    "/calls": ("Calls", "c"),
    "/test": ("Test a number", "t"),
    "/routes": ("Routes", "r"),
    "/providers": ("Providers", "p"),
    "/changes": ("Changes", "h"),
    "/customers": ("Customers", "u"),
    "/trunks": ("Trunks", "k"),
    "/keys": ("Keys", "a"),
    "/people": ("People", "l"),
    "/edges": ("Edges", "e"),
    "/settings": ("Settings", "s"),
}
"""Path -> heading and the key after g."""

VIEWS = ("/routes?view=tree", "/routes?view=matrix", "/test?number=%2B821021656521", "/calls?filter=number%3A%2B1*")
OBJECTS = ("calls", "providers", "customers", "trunks", "changes", "edges")
"""Pages of one object."""

REACHED_WITHIN = 60
"""Tabs after which the focus must have come into the page."""


@pytest.fixture(scope="module")
def objects(demo: Instance) -> Mapping[str, str]:
    """The path of a page for each kind of object."""
    with demo.client() as client:
        found = {
            "calls": eventually(lambda: first_call(client), within_s=30, what="the demo's first call has ended"),
            "providers": next(one["id"] for one in client.providers.all() if one["name"] == "Bravo"),
            "customers": next(one["id"] for one in client.customers.all() if one["name"] == "Acme"),
            "trunks": next(iter(client.trunks.all()))["id"],
            "edges": client.edges.list()["result"][0]["name"],
            "changes": str(next(iter(client.revisions.all()))["number"]),
        }
    return {kind: f"/{kind}/{id_}" for kind, id_ in found.items()}


def first_call(client: Client) -> str | None:
    """The call that the demo begins with: Alpha refuses it, Bravo answers, and it is over."""
    calls = client.calls.list(number=NUMBER, status="hangup")["result"]
    return next((one["id"] for one in calls if [tried["sip_status"] for tried in one["attempts"]] == [503, 200]), None)


def look(visit: Visit, path: str, request: pytest.FixtureRequest) -> None:
    """Open a page and look at it in both schemes, at each width."""
    visit.open(path)
    if pictures := request.config.getoption("--pictures"):
        name = "-".join(part for part in path.replace("?", "/").split("/") if part and len(part) < 30) or "overview"
        for scheme in ("light", "dark"):
            visit.scheme(scheme)
            visit.page.screenshot(path=Path(pictures) / f"{name}-{scheme}.png")
    assert visit.unfit() == []
    assert visit.faults == []
    assert visit.page.evaluate("document.documentElement.scrollHeight <= innerHeight"), "the page alone is scrolled"


@pytest.mark.parametrize("path", PAGES)
def test_it_opens_and_is_fit_for_everybody(visit: Visit, path: str, request: pytest.FixtureRequest) -> None:
    look(visit, path, request)
    expect(visit.page.locator("h1")).to_have_text(PAGES[path][0])


@pytest.mark.parametrize("path", VIEWS)
def test_each_view_is_fit_for_everybody(visit: Visit, path: str, request: pytest.FixtureRequest) -> None:
    look(visit, path, request)


@pytest.mark.parametrize("kind", OBJECTS)
def test_the_page_of_one_object_is_fit_for_everybody(
    visit: Visit, objects: Mapping[str, str], kind: str, request: pytest.FixtureRequest
) -> None:
    look(visit, objects[kind], request)
    expect(visit.page.get_by_role("alert")).to_have_count(0)


def test_a_call_is_told_in_a_sentence_and_drawn(visit: Visit, objects: Mapping[str, str]) -> None:
    visit.open(objects["calls"])
    expect(visit.page.locator("header .sub")).to_contain_text("Answered by Bravo")
    expect(visit.page.locator("#ladder .message")).to_have_count(11)
    with visit.page.expect_download() as download:
        messages = visit.page.locator("section", has=visit.page.locator("#ladder"))
        messages.get_by_role("button", name="As SVG").click()
    drawn = download.value.path().read_text()
    assert drawn.startswith("<svg")
    assert "503 Service Unavailable" in drawn


def test_each_page_is_reached_by_keys_alone(visit: Visit) -> None:
    visit.open("/")
    failing = visit.page.get_by_label("Failing destinations").get_by_role("link", name="+82")
    failing.press("Enter")  # the demo's first call, which Alpha refused
    expect(visit.page.locator("#decision")).to_be_visible()
    for heading, key in PAGES.values():
        visit.page.keyboard.press("g")
        visit.page.keyboard.press(key)
        expect(visit.page.locator("h1")).to_have_text(heading)
        visit.settle()
        for _ in range(REACHED_WITHIN):
            visit.page.keyboard.press("Tab")
            if visit.page.evaluate("() => document.activeElement?.closest('#page :is(a, button, input, tr)') !== null"):
                break
        else:
            pytest.fail(f"the focus never came into {heading}")
        visit.page.evaluate("() => document.activeElement?.blur()")
    assert visit.faults == []


def test_a_stranger_signs_in_and_out(stranger: Visit) -> None:
    stranger.open("/")
    assert stranger.violations() == []
    page = stranger.page
    page.get_by_label("User name").fill(USERNAME)
    page.locator("input[type=password]").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("credentials are wrong")
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Overview")
    assert page.evaluate("() => document.cookie") == ""
    page.get_by_label("You").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_label("User name")).to_be_visible()
    assert [fault for fault in stranger.faults if "401" not in fault] == []
