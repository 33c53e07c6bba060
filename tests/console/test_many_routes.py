"""Many routes at once: what would change is shown first, then it is one revision, undone by one click."""

import csv
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from dialplane.client import Client
from tests.console.visit import Visit
from tests.serve.instance import Instance

NAME, OTHER = "Many Routes", "Other Routes"
TARGETS = ("+99831", "+99832", "+99833")


@pytest.fixture
def client(demo: Instance) -> Iterator[Client]:
    with demo.client() as client:
        yield client


@pytest.fixture
def routes(client: Client) -> Iterator[dict[str, str]]:
    """Target -> id of a customer's three routes, priorities 1 to 3; there is another customer. Both are gone after."""
    customer, other = (client.customers.create(name=name)["id"] for name in (NAME, OTHER))
    delta = next(one["id"] for one in client.providers.all() if one["name"] == "Delta")
    yield {
        target: client.routes.create(customer_id=customer, provider_id=delta, priority=priority, target=target)["id"]
        for priority, target in enumerate(TARGETS, 1)
    }
    for id_ in (customer, other):
        client.customers.delete(id_)


def ticked(visit: Visit, *targets: str) -> Locator:
    """The bar of these routes, which are ticked."""
    visit.open(f'/routes?filter=customer:"{NAME}"&sort=target')
    for target in targets:
        visit.page.get_by_role("row").filter(has_text=target).get_by_role("checkbox").check()
    return visit.page.get_by_role("group", name="The selected routes")


def choose(bar: Locator, what: str) -> None:
    bar.get_by_label("What to change").click()
    bar.page.get_by_role("option", name=what).click()


def publish(visit: Visit) -> None:
    visit.page.get_by_role("dialog").get_by_role("button", name="Publish as one revision").click()
    expect(visit.page.get_by_text(re.compile("routes changed as revision"))).to_be_visible()


def priorities(client: Client, routes: dict[str, str]) -> list[int]:
    return [client.routes.get(id_)["priority"] for id_ in routes.values()]


def test_priorities_are_shifted_and_back_by_one_click(visit: Visit, client: Client, routes: dict[str, str]) -> None:
    bar = ticked(visit, *TARGETS[:2])
    choose(bar, "Shift the priority")
    bar.get_by_label("By how much").fill("-2")
    bar.get_by_label("By how much").press("Enter")
    expect(visit.page.get_by_text(f"a route to {TARGETS[0]} has 1")).to_be_visible()
    bar.get_by_label("By how much").fill("4")
    bar.get_by_role("button", name="Preview").click()
    dialog = visit.page.get_by_role("dialog")
    expect(dialog.get_by_role("row").nth(2)).to_contain_text(re.compile(rf"{re.escape(TARGETS[1])}.*2 → 6"))
    assert visit.unfit() == []
    assert priorities(client, routes) == [1, 2, 3]
    publish(visit)
    assert priorities(client, routes) == [5, 6, 3]
    visit.page.get_by_role("button", name="Undo").click()
    expect(visit.page.get_by_text(re.compile("is undone by revision"))).to_be_visible()
    assert priorities(client, routes) == [1, 2, 3]
    assert visit.faults == []


def test_all_that_match_get_an_end_of_validity(visit: Visit, client: Client, routes: dict[str, str]) -> None:
    delta = next(one["id"] for one in client.providers.all() if one["name"] == "Delta")
    customer = client.routes.get(routes[TARGETS[0]])["customer_id"]
    more = [
        {"customer_id": customer, "provider_id": delta, "priority": 1, "target": f"+9984{number}"}
        for number in range(10, 62)
    ]
    client.apply_changes([{"action": "create", "kind": "route", "fields": fields} for fields in more])
    visit.open(f'/routes?filter=customer:"{NAME}"')
    visit.page.get_by_label("All rows of this page").check()
    bar = visit.page.get_by_role("group", name="The selected routes")
    bar.get_by_role("button", name="Select all 55").click()
    choose(bar, "Valid until")
    bar.get_by_label("The end of validity").fill("2032-01-31T08:30")
    bar.get_by_role("button", name="Preview").click()
    expect(visit.page.get_by_role("dialog")).to_contain_text("55 routes match, 55 of them change.")
    publish(visit)
    assert {route["valid_until"][:4] for route in client.routes.all(customer_id=customer)} == {"2032"}
    assert visit.faults == []


def test_routes_are_moved_to_another_customer_by_keys(visit: Visit, client: Client, routes: dict[str, str]) -> None:
    bar, keys = ticked(visit, *TARGETS[1:]), visit.page.keyboard
    bar.get_by_label("What to change").focus()
    wanted = visit.page.locator("[data-combobox-selected]", has_text="Move to another customer")
    keys.press("Enter")
    for _ in range(8):
        keys.press("ArrowDown")
        if wanted.count():
            break
    keys.press("Enter")
    keys.press("Tab")
    keys.type("other rou")
    keys.press("ArrowDown")
    keys.press("Enter")
    keys.press("Tab")
    keys.press("Enter")
    dialog = visit.page.get_by_role("dialog")
    expect(dialog).to_contain_text("A route's customer never changes")
    expect(dialog.get_by_role("row")).to_have_count(5)
    assert visit.unfit() == []
    publish(visit)
    other = next(one["id"] for one in client.customers.all() if one["name"] == OTHER)
    assert {route["target"]: route["priority"] for route in client.routes.all(customer_id=other)} == {
        TARGETS[1]: 2,
        TARGETS[2]: 3,
    }
    assert visit.faults == []


def test_the_ticked_rows_are_exported_for_a_spreadsheet(visit: Visit, routes: dict[str, str]) -> None:
    bar = ticked(visit, TARGETS[0], TARGETS[2])
    with visit.page.expect_download() as download:
        bar.get_by_role("link", name="Export as CSV").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["customer"], row["target"], row["provider"], row["id"]) for row in rows] == [
        (NAME, target, "Delta", routes[target]) for target in (TARGETS[0], TARGETS[2])
    ]
    assert visit.faults == []
