"""The reverse question on the page of tests: which targets would try a provider first."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from dialplane.client import Client
from tests.console.visit import Visit
from tests.serve.instance import Instance

NAME = "First Targets"
TARGETS = ("+99861", "+99862")


@pytest.fixture
def client(demo: Instance) -> Iterator[Client]:
    with demo.client() as client:
        yield client


@pytest.fixture
def carrier(client: Client) -> Iterator[dict[str, str]]:
    """Ids: a customer, the carrier that its calls to TARGETS try first, and the next. The first two are gone after."""
    customer = client.customers.create(name=NAME)["id"]
    own = client.providers.create(type="sip", name=NAME, hostname="first.carrier.example", enabled=False)["id"]
    delta = next(one["id"] for one in client.providers.all() if one["name"] == "Delta")
    for target in TARGETS:
        client.routes.create(customer_id=customer, provider_id=own, priority=1, target=target)
        client.routes.create(customer_id=customer, provider_id=delta, priority=2, target=target)
    client.providers.update(own, enabled=True)
    yield {"customer": customer, "provider": own, "delta": delta}
    client.customers.delete(customer)
    client.providers.delete(own)


def test_from_the_providers_page_to_its_targets_and_on_to_one_of_them(visit: Visit, carrier: dict[str, str]) -> None:
    page = visit.page
    visit.open(f"/providers/{carrier['provider']}")
    page.get_by_role("link", name="where it is first").click()
    expect(page.get_by_role("heading", name=f"Calls to these would try {NAME} first")).to_be_visible()
    expect(page.get_by_text("No call would try it first")).to_be_visible()
    page.get_by_role("combobox", name="Calls of").click()
    page.get_by_role("option", name=NAME).click()
    page.get_by_text("everyone is healthy").click()
    rows = page.get_by_role("table", name="Targets that try it first").get_by_role("row")
    expect(rows).to_have_count(1 + len(TARGETS))
    expect(rows.nth(1)).to_contain_text(TARGETS[0])
    expect(rows.nth(1)).to_contain_text("100")
    expect(rows.nth(1)).to_contain_text("Delta")
    expect(page.get_by_text("2 of the 2 targets")).to_be_visible()
    assert visit.unfit() == []
    rows.nth(2).press("Enter")
    expect(page.get_by_label("Number", exact=True)).to_have_value(TARGETS[1])
    expect(page.locator("#decision")).to_contain_text(NAME)
    assert visit.faults == []


def test_the_page_begins_with_a_number_or_with_a_provider(visit: Visit) -> None:
    visit.open("/test")
    visit.page.get_by_role("radiogroup", name="Begin with").get_by_text("A provider").click()
    expect(visit.page.get_by_text("Which provider?")).to_be_visible()
    assert visit.unfit() == []
    visit.page.go_back()
    expect(visit.page.get_by_text("Which number?")).to_be_visible()
    assert visit.faults == []


def test_a_program_gets_the_same(client: Client, carrier: dict[str, str]) -> None:
    found = client.providers.targets(carrier["provider"], customer_id=carrier["customer"], health="ignore")
    assert [(one["target"], one["then_provider_id"]) for one in found["result"]] == [
        (target, carrier["delta"]) for target in TARGETS
    ]
