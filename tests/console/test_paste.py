"""Rows of a spreadsheet are pasted on the page of routes: looked at first, then one revision, undone by one click."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from dialplane.client import Client
from tests.console.visit import Visit
from tests.serve.instance import Instance

NAME = "Of a spreadsheet"
ROWS = f"Customer\tTarget\tProvider\tPriority\n{NAME}\t+99851\tDelta\t1\n{NAME}\t99852\tDelta\t2\n{NAME}\t+1\tDelt\t1\n"


@pytest.fixture
def client(demo: Instance) -> Iterator[Client]:
    with demo.client() as client:
        yield client


@pytest.fixture
def customer(client: Client) -> Iterator[str]:
    id_ = client.customers.create(name=NAME)["id"]
    yield id_
    client.customers.delete(id_)


def paste(visit: Visit, text: str) -> None:
    """As the key for pasting does."""
    visit.page.evaluate(
        """text => {
          const clipboardData = new DataTransfer()
          clipboardData.setData('text/plain', text)
          document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData, bubbles: true, cancelable: true}))
        }""",
        text,
    )


def test_pasted_rows_are_looked_at_and_then_one_revision(visit: Visit, client: Client, customer: str) -> None:
    page = visit.page
    visit.open("/routes")
    paste(visit, "one word")
    expect(page.get_by_role("dialog")).to_have_count(0)
    paste(visit, ROWS)
    dialog = page.get_by_role("dialog", name="Paste rows")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog.get_by_role("status")).to_contain_text("2 new, 0 changed, 0 the same. 1 refused")
    rows = dialog.get_by_role("table", name="Pasted rows").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("provider: must be the name of a provider that there is: Delta is near it")
    expect(rows.nth(3)).not_to_contain_text("Valid")
    expect(rows.nth(3)).to_contain_text(re.compile(r"3.*new.*\+99852.*Delta"))
    assert visit.unfit() == []
    assert list(client.routes.all(customer_id=customer)) == []
    dialog.get_by_role("button", name="Publish as one revision").click()
    expect(page.get_by_text(re.compile("2 rows published as revision"))).to_be_visible()
    made = {route["target"]: route["priority"] for route in client.routes.all(customer_id=customer)}
    assert made == {"+99851": 1, "+99852": 2}
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("is undone by revision"))).to_be_visible()
    assert list(client.routes.all(customer_id=customer)) == []
    assert visit.faults == []
