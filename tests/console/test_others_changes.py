"""Somebody else changes routes while the list is open: their rows flash and change in place, but not in one's hands."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from dialplane.client import Client
from tests.console.visit import Visit
from tests.serve.instance import Instance

NAME = "Others change"
TARGETS = ("+99871", "+99872", "+99873")


@pytest.fixture
def client(demo: Instance) -> Iterator[Client]:
    with demo.client() as client:
        yield client


@pytest.fixture
def routes(client: Client) -> Iterator[list[str]]:
    """The ids of three routes of a customer that is gone after."""
    customer = client.customers.create(name=NAME)["id"]
    delta = next(one["id"] for one in client.providers.all() if one["name"] == "Delta")
    yield [
        client.routes.create(customer_id=customer, provider_id=delta, priority=1, target=target)["id"]
        for target in TARGETS
    ]
    client.customers.delete(customer)


def rows_of(visit: Visit) -> Locator:
    visit.open(f'/routes?filter=customer:"{NAME}"&sort=target')
    rows = visit.page.get_by_role("table", name="Routes").locator("tbody tr")
    expect(rows).to_have_count(len(TARGETS))
    visit.page.mouse.move(1, 1)
    return rows


def priority(row: Locator) -> Locator:
    return row.get_by_role("button", name=re.compile("Priority of"))


def test_a_row_that_somebody_else_changes_flashes_and_no_other(visit: Visit, client: Client, routes: list[str]) -> None:
    rows = rows_of(visit)
    client.routes.update(routes[1], priority=7)
    expect(priority(rows.nth(1))).to_have_text("7")
    expect(rows.nth(1)).to_have_attribute("data-changed", "true")
    expect(visit.page.get_by_text("Changed by others: 1")).to_be_attached()
    expect(rows.nth(0)).not_to_have_attribute("data-changed", "true")
    assert visit.unfit() == []
    expect(rows.nth(1)).not_to_have_attribute("data-changed", "true")
    assert visit.faults == []


def test_ones_own_change_does_not_flash(visit: Visit, client: Client, routes: list[str]) -> None:
    rows = rows_of(visit)
    visit.page.evaluate("""() => {
      window.flashed = 0
      new MutationObserver(all => all.forEach(one => one.target.dataset.changed && window.flashed++))
        .observe(document, {subtree: true, attributes: true, attributeFilter: ['data-changed']})
    }""")
    rows.nth(0).focus()
    priority(rows.nth(0)).click()
    visit.page.get_by_role("textbox", name=f"Priority of {TARGETS[0]}").fill("5")
    with visit.page.expect_response(lambda answer: "/v1.0/routes?" in answer.url and "expand" in answer.url):
        visit.page.keyboard.press("Enter")
    expect(priority(rows.nth(0))).to_have_text("5")
    client.routes.update(routes[2], priority=9)
    expect(rows.nth(2)).to_have_attribute("data-changed", "true")
    assert visit.page.evaluate("() => window.flashed") == 1
    assert visit.faults == []


def test_the_row_under_the_pointer_waits_until_it_has_gone(visit: Visit, client: Client, routes: list[str]) -> None:
    rows = rows_of(visit)
    rows.nth(1).hover()
    client.routes.update(routes[1], priority=7)
    client.routes.update(routes[2], priority=8)
    expect(priority(rows.nth(2))).to_have_text("8")
    expect(priority(rows.nth(1))).to_have_text("1")
    visit.page.mouse.move(1, 1)
    expect(priority(rows.nth(1))).to_have_text("7")
    expect(rows.nth(1)).to_have_attribute("data-changed", "true")


def test_a_row_whose_cell_is_edited_waits_until_that_is_over(visit: Visit, client: Client, routes: list[str]) -> None:
    rows = rows_of(visit)
    priority(rows.nth(0)).focus()
    visit.page.keyboard.press("Enter")
    field = visit.page.get_by_role("textbox", name=f"Priority of {TARGETS[0]}")
    expect(field).to_be_focused()
    client.routes.update(routes[0], priority=7)
    client.routes.update(routes[2], priority=8)
    expect(priority(rows.nth(2))).to_have_text("8")
    expect(field).to_have_value("1")
    field.press("Escape")
    expect(priority(rows.nth(0))).to_have_text("7")
    assert visit.faults == []


def test_while_rows_are_selected_the_list_stands_still_and_says_so(
    visit: Visit, client: Client, routes: list[str]
) -> None:
    rows = rows_of(visit)
    rows.nth(0).get_by_role("checkbox").check()
    expect(visit.page.get_by_text("Paused while routes are selected")).to_be_visible()
    visit.page.mouse.move(1, 1)
    client.routes.update(routes[1], priority=7)
    client.routes.delete(routes[2])
    expect(visit.page.get_by_text("Changed by others meanwhile: 1")).to_be_visible()
    expect(rows).to_have_count(len(TARGETS))
    expect(priority(rows.nth(1))).to_have_text("1")
    assert visit.unfit() == []
    rows.nth(0).get_by_role("checkbox").uncheck()
    visit.page.mouse.move(1, 1)
    expect(rows).to_have_count(len(TARGETS) - 1)
    expect(priority(rows.nth(1))).to_have_text("7")
    assert visit.faults == []
