"""What people do on the console: edit in place, change several routes at once, undo, survive others' changes and the
death of the API."""

import json
import os
import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Route, expect

from dialplane.client import ApiError, Client
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
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
    provider = next(iter(client.providers.all()))["id"]
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
    visit.open(f"/routes?q=%2B{TARGET[1:]}")
    page.get_by_role("button", name=f"Priority of {TARGET}: 3").click()
    cell = page.get_by_role("textbox", name=f"Priority of {TARGET}")
    cell.fill("7")
    cell.press("Enter")
    notice = page.get_by_text(re.compile("Saved as revision"))
    expect(notice).to_be_visible()
    assert client.routes.get(routes[2])["priority"] == 7
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name=f"Priority of {TARGET}: 3")).to_be_visible()
    assert client.routes.get(routes[2])["priority"] == 3
    assert visit.faults == []


def test_several_routes_are_one_revision_and_shown_before(visit: Visit, client: Client, routes: list[str]) -> None:
    page = visit.page
    visit.open(f"/routes?q=%2B{TARGET[1:]}")
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


def test_somebody_elses_change_is_shown_beside_ones_own(visit: Visit, client: Client, routes: list[str]) -> None:
    page = visit.page
    visit.open(f"/routes?q=%2B{TARGET[1:]}")
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
    page.get_by_label("Name or host").fill("brav")
    page.context.set_offline(True)
    expect(page.locator(".away")).to_contain_text("Edges go on routing calls", timeout=20_000)
    expect(page.locator("main").get_by_role("link", name="Bravo")).to_be_visible()
    assert visit.violations() == []
    page.context.set_offline(False)
    expect(page.locator(".away")).to_have_count(0, timeout=20_000)
    expect(page.get_by_label("Name or host")).to_have_value("brav")


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
    visit.open(f"/routes?customer_id={acme}")
    with visit.page.expect_download() as download:
        visit.page.get_by_role("link", name="Export").click()
    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert {one["customer_id"] for one in lines[1:-1]} == {acme}
    assert lines[-1]["count"] == len(lines) - 2 > 0
    assert visit.faults == []
