"""A number is tested by the table as it was after an older revision."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from dialplane.client import Client
from tests.console.visit import Visit
from tests.serve.instance import Instance

NUMBER = "+99891"


@pytest.fixture
def client(demo: Instance) -> Iterator[Client]:
    with demo.client() as client:
        yield client


@pytest.fixture
def customer(client: Client) -> Iterator[str]:
    id_ = client.customers.create(name="As it was")["id"]
    yield id_
    client.customers.delete(id_)


def test_a_number_by_the_table_of_then(visit: Visit, client: Client, customer: str) -> None:
    page = visit.page
    delta, echo = (
        next(one["id"] for one in client.providers.all() if one["name"] == name) for name in ("Delta", "Echo")
    )
    route = client.routes.create(customer_id=customer, provider_id=delta, priority=1, target=NUMBER)["id"]
    before = client.revisions.list()["result"][0]["number"]
    client.routes.update(route, provider_id=echo)
    visit.open(f"/test?customer_id={customer}&number=%2B{NUMBER[1:]}")
    sent = page.get_by_role("table", name="As sent").get_by_role("row")
    expect(sent.nth(1)).to_contain_text("Echo")
    page.get_by_label("At revision").fill(str(before))
    expect(page.get_by_role("link", name=f"after revision {before}")).to_be_visible()
    expect(sent.nth(1)).to_contain_text("Delta")
    assert visit.unfit() == []
    assert visit.faults == []
