"""What people do on the console: edit in place, change several routes at once, undo, survive others' changes and the
death of the API."""

import json
import os
import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from dialplane.client import ApiError, Client
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from tests.console.calling import calling
from tests.console.visit import Visit
from tests.serve.instance import Instance
from tests.waiting import eventually

TARGET = "+9981"


@pytest.fixture
def client(demo: Instance) -> Iterator[Client]:
    with demo.client() as client:
        yield client


@pytest.fixture
def routes(client: Client) -> Iterator[list[str]]:
    """Ids of three routes to one target, priorities 1 to 3; gone afterwards."""
    provider = next(one["id"] for one in client.providers.all() if one["name"] == "Delta")
    made = [
        client.routes.create(
            customer_id=SYSTEM_DEFAULT_CUSTOMER, provider_id=provider, target=TARGET, priority=priority
        )["id"]
        for priority in (1, 2, 3)
    ]
    yield made
    for id_ in made:
        client.routes.delete(id_)


def test_a_priority_is_changed_where_it_stands_and_undone(visit: Visit, client: Client, routes: list[str]) -> None:
    page = visit.page
    visit.open(f"/routes?filter=%2B{TARGET[1:]}")
    page.get_by_role("button", name=f"Priority of {TARGET}: 3").click()
    cell = page.get_by_role("textbox", name=f"Priority of {TARGET}")
    cell.fill("7")
    cell.press("Enter")
    notice = page.get_by_text(re.compile("Saved as revision"))
    expect(notice).to_be_visible()
    assert client.routes.get(routes[2])["priority"] == 7
    expect(page.get_by_role("button", name=f"Priority of {TARGET}: 7")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name=f"Priority of {TARGET}: 3")).to_be_visible()
    assert client.routes.get(routes[2])["priority"] == 3
    assert visit.faults == []


def test_routes_are_filtered_by_keys_alone_with_words_and_names_proposed(visit: Visit) -> None:
    page, keys = visit.page, visit.page.keyboard
    visit.open("/routes")
    keys.press("/")
    keys.type("-prov")
    for key in ("ArrowDown", "Enter"):
        keys.press(key)
    expect(page.get_by_label("Filter", exact=True)).to_have_value("-provider:")
    keys.type("brav")
    for key in ("ArrowDown", "Enter"):
        keys.press(key)
    keys.type("target:+4*")
    keys.press("Enter")
    expect(page).to_have_url(re.compile(r"\?filter=-provider%3ABravo\+target%3A%2B4\*$"))
    rows = page.get_by_role("table", name="Routes").locator("tbody tr")
    expect(rows.first).to_contain_text("+4")
    expect(rows.filter(has_text="Bravo")).to_have_count(0)
    expect(rows.filter(has_not_text="+4")).to_have_count(0)
    assert visit.faults == []
    keys.type(" customer:nortwind")
    keys.press("Enter")
    expect(
        page.get_by_text("term 3 must have the name of a customer that there is: Northwind is near it")
    ).to_be_visible()
    assert visit.unfit() == []


def test_several_routes_are_one_revision_and_shown_before(visit: Visit, client: Client, routes: list[str]) -> None:
    page = visit.page
    visit.open(f"/routes?filter=%2B{TARGET[1:]}")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("X")
    page.get_by_role("group", name="The selected routes").get_by_role("button", name="Disable").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("row")).to_have_count(4)
    assert visit.violations() == []
    assert [client.routes.get(id_).get("enabled", True) for id_ in routes] == [True] * 3
    dialog.get_by_role("button", name="Publish as one revision").click()
    expect(page.get_by_text("3 routes changed as revision")).to_be_visible()
    assert [client.routes.get(id_)["enabled"] for id_ in routes] == [False] * 3
    assert visit.faults == []


def test_all_that_a_filter_means_are_one_revision_counted_and_shown_before(visit: Visit, client: Client) -> None:
    page = visit.page
    name, many = "Of many routes", 60
    customer = client.customers.create(name=name)["id"]
    provider = next(one["id"] for one in client.providers.all() if one["name"] == "Delta")
    fields = {"customer_id": customer, "provider_id": provider, "priority": 1}
    client.apply_changes(
        [
            {"action": "create", "kind": "route", "fields": {**fields, "target": f"+998{number}"}}
            for number in range(10, 10 + many)
        ]
    )
    counts = re.compile(r"/v1\.0/routes\?.*count=estimate")
    page.route(counts, lambda route: route.fulfill(json={"result": [], "count": {"about": 300_000, "exact": False}}))
    visit.open(f'/routes?filter=customer:"{name}"')
    page.get_by_label("All rows of this page").check()
    page.get_by_role("button", name="Select all about 300,000").click()
    expect(page.get_by_text("200,000 routes at most are changed as one revision")).to_be_visible()
    expect(page.get_by_role("button", name="Disable")).to_have_count(0)
    page.unroute(counts)
    visit.open(f'/routes?filter=customer:"{name}"')
    page.get_by_label("All rows of this page").check()
    chosen = page.get_by_role("group", name="The selected routes")
    chosen.get_by_role("button", name=f"Select all {many}").click()
    expect(chosen).to_contain_text(f"{many} selected")
    chosen.get_by_role("button", name="Disable").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{many} routes match, {many} of them change. The first of it:")
    assert visit.unfit() == []
    dialog.get_by_role("button", name="Publish as one revision").click()
    expect(page.get_by_text(f"{many} routes changed as revision")).to_be_visible()
    routes = list(client.routes.all(customer_id=customer))
    assert [route["enabled"] for route in routes] == [False] * many
    assert visit.faults == []
    client.customers.delete(customer)


def test_columns_rows_and_named_views_are_kept_and_in_the_address(visit: Visit) -> None:
    page = visit.page
    visit.open("/routes?filter=target:%2B1&sort=target")
    table = page.get_by_role("table", name="Routes")
    page.get_by_role("button", name="View", exact=True).click()
    view = page.get_by_role("dialog", name="View", exact=True)
    view.get_by_text("Dense").click()
    view.get_by_label("Valid until").check()
    view.get_by_label("Weight").uncheck()
    view.get_by_label("Name of this view").fill("To America")
    page.keyboard.press("Enter")
    expect(table.get_by_role("columnheader", name="Valid until")).to_be_visible()
    expect(page).to_have_url(re.compile("columns=target%2Ccustomer%2C.*%2Cuntil$"))
    visit.open("/routes")
    expect(table.get_by_role("columnheader", name="Weight")).to_have_count(0)
    expect(table).to_have_class(re.compile("dense"))
    page.get_by_role("button", name="View", exact=True).click()
    view.get_by_role("link", name="To America").click()
    expect(page.get_by_label("Filter", exact=True)).to_have_value("target:+1")
    view.get_by_role("button", name="Columns as at first").click()
    expect(table.get_by_role("columnheader", name="Weight")).to_be_visible()
    expect(page).not_to_have_url(re.compile("columns="))
    assert visit.faults == []


def test_the_panel_of_a_route_has_its_chain_its_calls_and_its_changes(visit: Visit, client: Client) -> None:
    bravo = next(one["id"] for one in client.providers.all() if one["name"] == "Bravo")
    call = client.calls.list(provider_id=bravo)["result"][0]
    used = next(one["route_id"] for one in call["attempts"] if one["provider_id"] == bravo)
    visit.open(f"/routes?filter={used}")
    row = visit.page.get_by_role("table", name="Routes").locator("tbody tr")
    row.focus()
    row.press("Enter")
    panel = visit.page.get_by_role("dialog", name="Edit route")
    expect(panel.get_by_role("link", name=re.compile(":")).first).to_be_visible()
    expect(panel.locator(f'a[href$="/calls/{call["id"]}"]')).to_be_visible()
    expect(panel.locator("section").filter(has_text="Its changes")).to_contain_text("Several objects changed")
    if client.routes.get(used)["target"] != "all":
        expect(panel.locator(".chain [aria-current]")).to_contain_text("Bravo")
    assert visit.unfit() == []
    assert visit.faults == []


def test_a_route_is_moved_within_its_target_by_keys(visit: Visit, client: Client, routes: list[str]) -> None:
    page = visit.page
    visit.open(f"/routes?filter=target:%2B{TARGET[1:]}&sort=priority")
    rows = page.get_by_role("table", name="Routes").locator("tbody tr")
    rows.nth(2).focus()
    for times in (1, 2):
        page.keyboard.press("Alt+ArrowUp")
        expect(page.get_by_text(re.compile("Saved as revision"))).to_have_count(times)
    assert [client.routes.get(id_)["priority"] for id_ in routes] == [2, 3, 1]
    expect(rows.first).to_be_focused()
    assert visit.faults == []


def test_somebody_elses_change_is_shown_beside_ones_own(visit: Visit, client: Client, routes: list[str]) -> None:
    page = visit.page
    visit.open(f"/routes?filter=%2B{TARGET[1:]}")
    page.get_by_role("row").nth(1).focus()
    page.keyboard.press("e")
    name = page.get_by_label("Name", exact=True)
    name.fill("mine")
    client.routes.update(routes[2], name="theirs")
    page.get_by_role("button", name="Save").click()
    conflict = page.get_by_role("dialog", name="Somebody has changed this meanwhile")
    expect(conflict).to_contain_text("theirs")
    conflict.get_by_role("button", name="Apply mine again").click()
    expect(page.get_by_text(re.compile("Saved as revision"))).to_be_visible()
    assert client.routes.get(routes[2])["name"] == "mine"


def test_what_is_typed_survives_the_death_of_the_api(visit: Visit, demo: Instance, client: Client) -> None:
    page = visit.page
    visit.open("/providers")
    page.keyboard.press("n")
    page.get_by_label("Hostname").fill("sip.typed.example")
    before = demo.main_pid("dialplane.api")
    os.kill(before, signal.SIGKILL)
    eventually(
        lambda: demo.main_pid("dialplane.api") != before and answers(client), within_s=60, what="the API is back"
    )
    expect(page.get_by_label("Hostname")).to_have_value("sip.typed.example")
    page.get_by_role("button", name="Create the provider").click()
    expect(page.locator("h1")).to_contain_text("sip.typed.example", timeout=20_000)


def answers(client: Client) -> bool:
    try:
        return bool(client.providers.list()["result"])
    except (ApiError, OSError):
        return False


def test_the_console_says_that_the_api_is_away_and_goes_on_by_itself(visit: Visit) -> None:
    page = visit.page
    visit.open("/providers")
    page.get_by_role("textbox", name="Filter").fill("brav")
    page.context.set_offline(True)
    expect(page.locator(".away")).to_contain_text("Edges go on routing calls", timeout=20_000)
    expect(page.locator("main").get_by_role("link", name="Bravo")).to_be_visible()
    assert visit.violations() == []
    page.context.set_offline(False)
    expect(page.locator(".away")).to_have_count(0, timeout=20_000)
    expect(page.get_by_role("textbox", name="Filter")).to_have_value("brav")


def test_a_refused_field_is_told_at_the_field(visit: Visit) -> None:
    page = visit.page
    visit.open("/providers")
    page.keyboard.press("n")
    page.get_by_label("Hostname").fill("not a host name")
    page.get_by_role("button", name="Create the provider").click()
    expect(page.get_by_label("Hostname")).to_have_attribute("aria-invalid", "true")
    assert visit.violations() == []


def test_search_goes_to_what_has_the_name(visit: Visit) -> None:
    page = visit.page
    visit.open("/")
    page.keyboard.press("Control+k")
    page.get_by_label("Search", exact=True).fill("bravo")
    expect(page.get_by_role("button", name="Bravo")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Bravo")
    assert visit.faults == []


def test_what_takes_longer_than_a_second_has_a_bar_until_it_is_there(visit: Visit) -> None:
    page, held, is_slow = visit.page, list[Route](), True
    slow = re.compile(r"/v1\.0/providers\?")
    page.route(slow, lambda route: held.append(route) if is_slow else route.continue_())
    with page.expect_request(slow, timeout=60_000):
        page.goto(f"{visit.home}/ui/providers")
    bar = page.get_by_role("progressbar", name="Under way")
    expect(bar).to_be_visible(timeout=60_000)
    is_slow = False
    for request in held:
        request.continue_()
    expect(bar).to_have_count(0, timeout=60_000)
    expect(page.locator("main").get_by_role("link", name="Bravo")).to_be_visible()


def test_routes_are_exported_as_they_are_narrowed(visit: Visit, client: Client) -> None:
    acme = next(one["id"] for one in client.customers.all() if one["name"] == "Acme")
    visit.open("/routes?filter=customer:acme")
    with visit.page.expect_download() as download:
        visit.page.get_by_role("link", name="Export").click()
    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert {one["customer_id"] for one in lines[1:-1]} == {acme}
    assert lines[-1]["count"] == len(lines) - 2 > 0
    assert visit.faults == []


def test_a_change_is_read_and_undone_in_one_click(visit: Visit, client: Client, routes: list[str]) -> None:
    page = visit.page
    client.routes.update(routes[0], priority=8)
    number = next(iter(client.revisions.all()))["number"]
    visit.open(f"/changes?object_id={routes[0]}")
    row = page.get_by_role("row").filter(has_text="Route changed").first
    expect(page.get_by_role("table", name="Revisions").get_by_role("row")).to_have_count(3)
    row.get_by_role("link").first.click()
    expect(page.locator("h1")).to_have_text(f"Revision {number}")
    difference = page.get_by_role("table", name="What changes").get_by_role("row").nth(1)
    expect(difference).to_contain_text(re.compile(rf"route \{TARGET} .*Priority 1 → 8"))
    expect(difference).to_contain_text("System default")
    beside = page.get_by_role("table", name="Before and after").get_by_role("row")
    expect(beside.nth(1)).to_contain_text("All calls")
    provider = client.providers.get(client.routes.get(routes[0])["provider_id"])["name"]
    expect(beside.nth(2)).to_contain_text(provider)
    assert visit.unfit() == []
    page.go_back()
    page.get_by_role("button", name=f"Undo revision {number}").click()
    expect(page.get_by_text(f"Revision {number} is undone by revision")).to_be_visible()
    assert client.routes.get(routes[0])["priority"] == 1
    page.get_by_role("button", name=re.compile("^Only .* ×$")).click()
    expect(page.get_by_role("row").filter(has_text="Several objects changed")).not_to_have_count(0)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_label("Before").fill("2000-01-01T00:00")
    expect(page.get_by_text("No change fits this")).to_be_visible()
    assert visit.faults == []


def test_a_change_of_a_trunk_stands_beside_its_calls_before_and_after(visit: Visit, client: Client) -> None:
    trunk = next(one for one in client.trunks.all() if one["name"] == "Acme switch")
    client.trunks.update(trunk["id"], detail="looked at")
    number = next(iter(client.revisions.all()))["number"]
    try:
        counted = {"trunk_id": trunk["id"], "calls": 1234, "asr": 0.5, "ner": 0.75, "pdd_p95_ms": 900}
        visit.page.route("**/v1.0/stats/trunks?*", lambda route: route.fulfill(json={"result": [counted]}))
        visit.open(f"/changes/{number}")
        beside = visit.page.get_by_role("table", name="Before and after").get_by_role("row")
        expect(beside.nth(2)).to_contain_text(re.compile(r"trunk Acme switch1,234 → .*50 % → .*75 % → .*900 ms → "))
        expect(beside).to_have_count(3)
        assert visit.unfit() == []
    finally:
        client.trunks.update(trunk["id"], detail=trunk["detail"])


def test_an_access_key_that_never_expires_is_shown_so_in_its_change(visit: Visit, client: Client) -> None:
    (key,) = [one["id"] for one in client.accesskeys.all() if one["tm_expire"].startswith("9999")]
    number = next(iter(client.revisions.list(object_id=key)["result"]))["number"]
    visit.open(f"/changes/{number}")
    row = visit.page.get_by_role("table", name="What changes").locator("tbody tr").first
    expect(row).to_contain_text("access key")
    expect(row).to_contain_text("Expire never")
    expect(row).not_to_contain_text("9999")


def test_a_target_of_the_tree_shows_the_whole_chain_of_its_numbers(visit: Visit, routes: list[str]) -> None:
    visit.open(f"/routes?view=tree&filter=%2B{TARGET[1:]}")
    visit.page.get_by_role("button", name=TARGET).click()
    chain = visit.page.locator(".tree .chain li")
    expect(chain.first).to_contain_text(f"{TARGET} · 1")
    expect(chain.filter(has_text="already has an earlier place")).not_to_have_count(0)
    assert len(routes) == 3


def test_the_matrix_says_who_carries_what_and_leads_to_the_route(
    visit: Visit, client: Client, routes: list[str]
) -> None:
    page = visit.page
    visit.open(f"/routes?view=matrix&filter=%2B{TARGET[1:]}")
    page.get_by_role("button", name=f"{TARGET} at Delta: priority 2").click()
    form = page.get_by_role("dialog", name="Edit route")
    expect(form.get_by_label("Priority")).to_have_value("2")
    form.get_by_label("Priority").fill("5")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name=f"{TARGET} at Delta: priority 5")).to_be_visible()
    assert client.routes.get(routes[1])["priority"] == 5
    assert visit.faults == []


def test_the_live_list_shows_a_call_as_it_comes_and_as_it_ends(visit: Visit, demo: Instance) -> None:
    page, number = visit.page, "+12125550123"
    visit.open("/calls?live=1")
    row = page.get_by_role("table", name="Calls").get_by_role("row").filter(has_text=number)
    expect(row).to_have_count(0)
    with calling(demo, source="127.0.0.1", number=number) as process:
        expect(row).to_contain_text("talking", timeout=40_000)
        assert process.poll() is None
    expect(row).to_contain_text("normal", timeout=40_000)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_label("Who calls").fill("anonymous")
    page.get_by_label("Since").fill("2026-01-01T00:00")
    expect(row).to_contain_text("normal")
    page.get_by_label("Before", exact=True).fill("2026-01-02T00:00")
    expect(page.get_by_text("No call fits these filters")).to_be_visible()
    assert visit.faults == []


def test_the_drawing_of_a_call_that_ends_is_complete(visit: Visit, demo: Instance, client: Client) -> None:
    page, number, has_ended = visit.page, "+12125550124", list[bool]()

    def answer_of_the_call(route: Route) -> None:
        answer = route.fetch()
        if answer.json()["status"] == "hangup":
            has_ended.append(True)
        route.fulfill(response=answer)

    def time_line_as_it_was_until_the_end_is_seen(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=None if has_ended else going_on)

    with calling(demo, source="127.0.0.1", number=number):
        call = eventually(lambda: going_on_to(client, number), within_s=40)
        assert call is not None
        going_on = page.request.get(f"{demo.running()['control_url']}/v1.0/calls/{call}/timeline").text()
        page.route(re.compile(rf"/v1\.0/calls/{call}(\?|$)"), answer_of_the_call)
        page.route(f"**/v1.0/calls/{call}/timeline", time_line_as_it_was_until_the_end_is_seen)
        visit.open(f"/calls/{call}")
        expect(page.locator("#ladder")).to_contain_text("200 OK")
        expect(page.locator("#ladder")).not_to_contain_text("BYE")
    expect(page.locator("#ladder")).to_contain_text("BYE", timeout=40_000)


def going_on_to(client: Client, number: str) -> str | None:
    """The call to this number that is answered."""
    calls = client.calls.list(number=number, status="progressing")["result"]
    return calls[0]["id"] if calls else None


def test_a_provider_is_made_looked_at_and_deleted_by_keys_alone(visit: Visit, client: Client) -> None:
    page, keys = visit.page, visit.page.keyboard
    visit.open("/providers")
    keys.press("n")
    expect(page.get_by_role("dialog", name="New provider")).to_be_visible()
    reach(page, "Hostname")
    keys.type("sip.keys.example")
    keys.press("Enter")
    expect(page.locator("h1")).to_contain_text("sip.keys.example")
    expect(page.get_by_role("dialog")).to_have_count(0)
    keys.press("e")
    expect(page.get_by_role("dialog", name="Edit provider").get_by_label("Hostname")).to_have_value("sip.keys.example")
    reach(page, "Delete")
    keys.press("Enter")
    expect(page.get_by_role("dialog", name="Delete this provider?")).to_be_visible()
    reach(page, "Delete")
    keys.press("Enter")
    expect(page.get_by_text(re.compile("Deleted the provider"))).to_be_visible()
    assert [one for one in client.providers.all() if one["hostname"] == "sip.keys.example"] == []


def reach(page: Page, label: str) -> None:
    """Press Tab until the field or the button with this label has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        at = page.evaluate(
            "() => [document.activeElement?.labels?.[0]?.textContent, document.activeElement?.textContent]"
        )
        if label in [str(text or "").rstrip(" *") for text in at]:
            return
    pytest.fail(f"the focus never came to {label}")
