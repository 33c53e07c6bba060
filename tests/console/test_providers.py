"""Providers in the console: how each does and what it would get, its routes led to another, and the first one tried."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Route, expect

from dialplane.client import Client
from tests.console.visit import Visit
from tests.serve.instance import Instance
from tests.waiting import eventually

LIST = re.compile(r"/v1\.0/providers(\?|$)")


@pytest.fixture
def client(demo: Instance) -> Iterator[Client]:
    with demo.client() as client:
        yield client


def named(client: Client, name: str) -> str:
    return str(next(one["id"] for one in client.providers.all() if one["name"] == name))


def routes_to(client: Client, provider: str) -> list[str]:
    return [one["target"] for one in client.routes.all(provider_id=provider)]


def test_its_page_shows_outcomes_destinations_the_invite_and_its_changes(visit: Visit, client: Client) -> None:
    page = visit.page
    visit.open(f"/providers/{named(client, 'Alpha')}")
    expect(page.get_by_role("img", name="Attempts a minute, by the SIP status")).to_be_visible()
    least = page.get_by_role("table", name="Answered least")
    expect(least.get_by_role("row").nth(1)).to_contain_text(re.compile(r"\+\d+ · \w"))
    sent = page.locator("section", has=page.get_by_role("heading", name="As sent"))
    sent.get_by_label("Number").fill("+447911123456")
    expect(sent.locator("pre")).to_contain_text("INVITE sip:+447911123456@127.0.0.1:")
    sent.get_by_label("Number").fill("12")
    expect(sent.get_by_role("alert")).to_contain_text("must be '+' and 1 to 15 digits")
    expect(page.get_by_role("table", name="Its changes").get_by_role("row").nth(1)).to_be_visible()
    assert [fault for fault in visit.faults if "400" not in fault] == []


def test_its_page_shows_its_channels_over_time_beside_its_cap(visit: Visit, client: Client) -> None:
    page, bravo = visit.page, named(client, "Bravo")
    cap = client.providers.get(bravo).get("max_channels")
    client.providers.update(bravo, max_channels=60)
    try:
        visit.open(f"/providers/{bravo}?window=24h")
        panel = page.locator("section", has=page.get_by_role("heading", name="Channels in use"))
        expect(panel.get_by_role("img", name="Channels in use")).to_be_visible()
        expect(panel.locator("figcaption")).to_contain_text("Cap 60")
        panel.get_by_text("30 min", exact=True).click()
        expect(page).to_have_url(re.compile("window=30m"))
        assert visit.unfit() == []
        client.providers.update(bravo, max_channels=None)
        visit.open(f"/providers/{bravo}")
        expect(panel.locator("figcaption")).to_contain_text("Busiest minute")
        expect(panel.locator("figcaption")).not_to_contain_text("Cap")
    finally:
        client.providers.update(bravo, max_channels=cap)
    assert visit.faults == []


def test_a_provider_without_a_channel_in_the_window_says_so(visit: Visit, client: Client) -> None:
    begin = time.strftime("%Y-%m-%dT%H", time.gmtime(time.time() - 3 * 86_400))
    visit.open(f"/providers/{named(client, 'Bravo')}?from={begin}:00Z&to={begin}:30Z")
    expect(visit.page.locator("main")).to_contain_text("No channel in use in this time")


def test_a_test_call_says_first_where_the_routes_lead_it(visit: Visit, client: Client) -> None:
    page = visit.page
    visit.open(f"/providers/{named(client, 'Charlie')}")
    page.get_by_role("button", name="Send a test call").click()
    dialog = page.get_by_role("dialog", name="Send a test call")
    dialog.get_by_label("Number").fill("+12125550117")
    expect(dialog).to_contain_text("do not lead such a call here first")
    expect(dialog).to_contain_text("really rings at +12125550117")
    assert visit.unfit() == []
    dialog.get_by_role("button", name="Close").last.click()
    expect(dialog).to_have_count(0)
    assert visit.faults == []


def test_a_provider_in_use_names_its_routes_which_are_led_to_another_at_once(visit: Visit, client: Client) -> None:
    page = visit.page
    old, new = (
        client.providers.create(type="sip", hostname=f"127.0.0.{n}:9", name=name)["id"]
        for n, name in ((71, "Retiring"), (72, "Successor"))
    )
    acme = next(one["id"] for one in client.customers.all() if one["name"] == "Acme")
    for target in ("+8881", "+8882"):
        client.routes.create(customer_id=acme, provider_id=old, target=target, priority=1)
    visit.open(f"/providers/{old}")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete this provider?")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog).to_contain_text("+8881")
    expect(dialog).to_contain_text("+8882")
    assert visit.violations() == []
    dialog.get_by_role("button", name="Replace by another").click()
    replacing = page.get_by_role("dialog", name="Replace Retiring in its routes?")
    expect(replacing).to_contain_text("2 routes lead to it")
    replacing.get_by_label("Instead of it").click()
    page.get_by_role("option", name="Successor").click()
    replacing.get_by_role("button", name="Replace by Successor").click()
    expect(page.get_by_text("2 routes changed as revision")).to_be_visible()
    assert sorted(routes_to(client, new)) == ["+8881", "+8882"]
    assert routes_to(client, old) == []
    last = next(iter(client.revisions.all()))
    assert (last["operation"], last["change_count"]) == ("job.change_routes", 2)


def test_the_list_has_a_dot_at_each_edge_and_what_is_used_of_the_caps(visit: Visit, client: Client) -> None:
    page = visit.page
    edge = client.edges.list()["result"][0]["name"]
    visit.open("/providers")
    table = page.get_by_role("table", name="Providers")
    expect(table.get_by_role("columnheader", name=f"At {edge}")).to_be_visible()
    bravo = table.get_by_role("row", name="Bravo")
    expect(bravo).to_contain_text(f"{edge}: healthy")
    count = len(routes_to(client, named(client, "Bravo")))
    expect(bravo.get_by_role("link", name=str(count), exact=True)).to_be_visible()
    assert visit.faults == []


def test_the_first_provider_is_added_and_tried_with_three_fields(visit: Visit, client: Client) -> None:
    page = visit.page

    def empty(route: Route) -> None:
        route.fulfill(
            json={"result": [], "next_page_token": ""}
        ) if route.request.method == "GET" else route.continue_()

    page.route(LIST, empty)
    visit.open("/providers")
    page.get_by_label("Name", exact=True).fill("First of all")
    page.get_by_label("Hostname").fill("nowhere.invalid")
    assert visit.violations() == []
    page.get_by_role("button", name="Add and try it").click()
    expect(page.locator("h1")).to_contain_text("First of all")
    health = page.get_by_role("table", name="Health by edge")
    expect(health).to_contain_text("nowhere.invalid", timeout=60_000)
    made = eventually(lambda: named(client, "First of all"), within_s=5, what="the provider")
    client.providers.delete(made)
