"""Each state of a page besides the one that it opens in: forms, dialogs, opened rows, empty lists, what is not there.

All of them are fit for everybody in light and dark, show names instead of ids, and need no scrolling sideways.
"""

import re
from collections.abc import Callable, Iterator, Mapping

import pytest
from playwright.sync_api import BrowserContext, Page, Route, StorageState, expect

from dialplane.api.console.sentences import SENTENCES
from dialplane.client import Client
from dialplane.serve.demo import NUMBER
from tests.console.visit import Visit
from tests.serve.instance import Instance

NOBODY = "00000000-0000-4000-8000-000000000000"
LISTS = re.compile(
    r"/v1\.0/(calls|routes|providers|customers|trunks|accesskeys|agents|revisions|edges|jobs|stats/providers)(\?|$)"
)
FORMS = ("routes", "providers", "customers", "trunks", "keys", "people")


@pytest.fixture
def client(demo: Instance) -> Iterator[Client]:
    with demo.client() as client:
        yield client


def bravo(client: Client) -> str:
    return str(next(one["id"] for one in client.providers.all() if one["name"] == "Bravo"))


def acme(client: Client) -> str:
    return str(next(one["id"] for one in client.customers.all() if one["name"] == "Acme"))


def at(path: str) -> Callable[[Client], str]:
    return lambda _client: path


def propose(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("is:live -")
    expect(page.get_by_role("option")).not_to_have_count(0)


def choose_routes(page: Page) -> None:
    page.locator("main tbody tr").first.focus()
    for key in ("x", "j", "X"):
        page.keyboard.press(key)
    expect(page.get_by_role("group", name="The selected routes")).to_contain_text("2 selected")


def preview(page: Page) -> None:
    choose_routes(page)
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("dialog").get_by_role("row")).to_have_count(3)


def open_target(page: Page) -> None:
    page.locator(".tree .node:enabled").first.click()
    expect(page.locator(".tree .chain li").first).to_be_visible()


def open_matrix_cell(page: Page) -> None:
    page.get_by_role("button", name=re.compile("priority")).first.click()
    expect(page.get_by_role("dialog", name="Edit route").get_by_label("Target")).to_have_value(re.compile(r"^(\+|all)"))


def what_if(page: Page) -> None:
    page.get_by_text("Bravo is down").click()
    expect(page.locator("#decision")).to_contain_text("was 1")


def ask_to_delete(page: Page) -> None:
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog", name=re.compile("Delete this"))).to_contain_text("undone in one click")


def search(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_label("Search", exact=True).fill("bra")
    expect(page.get_by_role("button", name="Bravo")).to_be_visible()


def show_keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def show_me(page: Page) -> None:
    page.get_by_label("You").click()
    expect(page.get_by_role("menuitem", name="Sign out")).to_be_visible()


def press(name: str, shows: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("dialog", name=re.compile(shows))).to_be_visible()

    return act


STATES: Mapping[str, tuple[Callable[[Client], str], Callable[[Page], None]]] = {
    **{
        f"form of {path}": (
            at(f"/{path}"),
            press({"keys": "New key", "people": "New person"}.get(path, f"New {path[:-1]}"), "^New "),
        )
        for path in FORMS
    },
    "words of a filter": (at("/routes"), propose),
    "view of a list": (at("/routes"), press("View", "^View$")),
    "routes chosen": (at("/routes"), choose_routes),
    "preview of several": (at("/routes"), preview),
    "tree opened": (at("/routes?view=tree"), open_target),
    "matrix opened": (at("/routes?view=matrix"), open_matrix_cell),
    "what if": (lambda client: f"/test?number=%2B12125550199&customer_id={acme(client)}", what_if),
    "provider edited": (lambda client: f"/providers/{bravo(client)}", press("Edit", "Edit provider")),
    "provider deleted": (lambda client: f"/providers/{bravo(client)}", ask_to_delete),
    "provider drained": (lambda client: f"/providers/{bravo(client)}", press("Drain and disable", "Drain Bravo")),
    "customer edited": (lambda client: f"/customers/{acme(client)}", press("Edit", "Edit customer")),
    "search": (at("/routes"), search),
    "keys": (at("/"), show_keys),
    "menu": (at("/"), show_me),
}


@pytest.mark.parametrize("state", STATES)
def test_each_state_is_fit_for_everybody(visit: Visit, client: Client, state: str) -> None:
    path, act = STATES[state]
    visit.open(path(client))
    act(visit.page)
    assert visit.unfit() == []
    assert visit.faults == []


def empty(route: Route) -> None:
    route.fulfill(json={"result": [], "next_page_token": "", "names": {}})


@pytest.mark.parametrize(
    ("path", "says", "next_step"),
    [
        ("/", "no_call_next", "How to point a switch here"),
        ("/", "begin_trunk", "Connect a switch"),
        ("/calls", "no_call_next", "How to point a switch here"),
        ("/routes", "no_route_next", "Make the first route"),
        ("/providers", "try_provider", "Add and try it"),
        ("/customers", "no_customer_next", "Add the first customer"),
        ("/trunks", "no_trunk_next", "Add the first trunk"),
        ("/keys", "no_key_next", "Make the first key"),
        ("/people", "nobody_next", "Add the first person"),
        ("/edges", "install_edge_next", "Make its key"),
        ("/changes", "no_change_next", ""),
        ("/test", "which_number_next", ""),
    ],
)
def test_what_is_empty_says_what_it_is_for_and_the_next_step(
    visit: Visit, path: str, says: str, next_step: str
) -> None:
    page = visit.page
    page.route(LISTS, empty)
    visit.open(path)
    said = re.split(r"[`{]", SENTENCES[says])[0].strip()
    expect(page.locator("main")).to_contain_text(said)
    if next_step:
        expect(page.locator("main").get_by_text(next_step).first).to_be_visible()
    assert visit.unfit() == []
    assert visit.faults == []


@pytest.mark.parametrize("kind", ["calls", "providers", "customers", "trunks"])
def test_what_is_not_there_leads_to_the_list_and_to_what_became_of_it(visit: Visit, kind: str) -> None:
    page = visit.page
    visit.open(f"/{kind}/{NOBODY}")
    expect(page.locator("main")).to_contain_text(SENTENCES["gone_next"])
    assert visit.unfit() == []
    page.get_by_role("link", name="All there are").click()
    expect(page.locator("main").get_by_role("table").first).to_be_visible()


def test_an_error_is_said_once_with_its_rule_and_the_request(visit: Visit) -> None:
    visit.open("/test?number=abc")
    alert = visit.page.get_by_role("alert")
    expect(alert).to_contain_text("must be '+' and 1 to 15 digits")
    assert alert.inner_text().count("must be") == 1
    expect(alert).to_contain_text("request ")
    assert visit.unfit() == []


def test_an_error_of_the_server_can_be_tried_again(visit: Visit) -> None:
    page, broken = visit.page, [True]
    error = {"status": 500, "reason": "INTERNAL", "message": "It broke.", "request_id": "1"}

    def answer(route: Route) -> None:
        route.fulfill(status=500, json={"error": error}) if broken else route.continue_()

    page.route(re.compile(r"/v1\.0/accesskeys"), answer)
    page.goto(f"{visit.home}/ui/keys")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("It broke.", timeout=60_000)
    assert visit.violations() == []
    broken.clear()
    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("table", name="Access keys")).to_contain_text("command line")


def test_times_are_of_the_viewers_zone_and_on_wish_of_utc(
    demo: Instance, client: Client, session: StorageState, contexts: Callable[..., BrowserContext]
) -> None:
    began = client.calls.list(number="+821021656521")["result"][-1]
    hour, minute = int(began["tm_start"][11:13]), began["tm_start"][14:16]
    context = contexts(session, zone="Asia/Tokyo")  # nine hours ahead, all the year
    visit = Visit(context.new_page(), demo.running()["control_url"])
    visit.open(f"/calls/{began['id']}")
    at = visit.page.locator("main time").first
    expect(at).to_have_text(re.compile(rf"\b{(hour + 9) % 24:02}:{minute}"))
    expect(at).to_have_attribute("title", re.compile(rf" {hour:02}:{minute}.* UTC$"))
    visit.page.get_by_label("You").click()
    visit.page.get_by_role("menuitem", name="Show times in UTC").click()
    expect(at).to_have_text(re.compile(rf"\b{hour:02}:{minute}"))


def test_the_first_steps_are_ticked_as_they_are_done(visit: Visit) -> None:
    visit.page.route(re.compile(r"/v1\.0/(calls|trunks)\?"), empty)
    visit.open("/")
    steps = visit.page.locator(".steps li")
    expect(steps.filter(has_text="Test a number").locator(".step")).to_have_text("3")
    expect(steps.filter(has_text="Add a provider").locator(".step")).to_have_text("✓")
    expect(steps.filter(has_text="Make a route").locator(".step")).to_have_text("✓")
    expect(steps.filter(has_text="Connect a switch").locator(".step")).to_have_text("4")
    steps.get_by_role("link", name="Test a number").click()
    visit.page.get_by_label("Number", exact=True).fill(NUMBER)
    expect(visit.page.locator("#decision")).to_be_visible()
    visit.page.get_by_role("link", name="Overview").click()
    expect(steps.filter(has_text="Test a number").locator(".step")).to_have_text("✓")
    assert visit.violations() == []
