"""What people narrow lists by on the console, and find."""

import re

from playwright.sync_api import expect

from tests.console.visit import Visit
from tests.serve.instance import Instance


def test_calls_are_narrowed_by_what_became_of_them_and_by_more(visit: Visit) -> None:
    page = visit.page
    visit.open("/calls")
    rows = page.get_by_role("table", name="Calls").locator("tbody tr")
    page.get_by_role("combobox", name="Verdict").click()
    page.get_by_role("option", name="saved by failover").click()
    expect(page).to_have_url(re.compile("verdict=saved"))
    expect(rows.first).to_contain_text("200")
    expect(rows.first).to_contain_text(re.compile("503|408|480|500"))
    page.get_by_role("button", name="More filters").click()
    more = page.get_by_role("group", name="More filters")
    assert visit.unfit() == []
    more.get_by_label("Number ends with").fill("6521")
    expect(page).to_have_url(re.compile("number_suffix=6521"))
    expect(rows.filter(has_not_text="6521")).to_have_count(0)
    expect(rows.first).to_contain_text("6521")
    more.get_by_label("Attempts at least").fill("9")
    expect(page.get_by_text("No call fits these filters")).to_be_visible()
    more.get_by_label("Attempts at least").fill("many")
    expect(page.get_by_role("alert")).to_contain_text("must be a number in decimal digits")
    assert [fault for fault in visit.faults if "400" not in fault] == []


def test_two_revisions_are_compared_and_revisions_are_narrowed(visit: Visit, demo: Instance) -> None:
    page = visit.page
    with demo.client() as client:
        made = client.providers.create(type="sip", hostname="sip.compared.example", name="Compared")
        first = next(iter(client.revisions.all()))["number"]
        for name in ("Compared once", "Compared twice"):
            client.providers.update(made["id"], name=name)
        last = next(iter(client.revisions.all()))["number"]
        try:
            visit.open(f"/changes/{last}")
            page.get_by_label("Compare with revision").fill(str(first))
            page.get_by_role("button", name="Compare", exact=True).click()
            expect(page.locator("h1")).to_have_text("Two revisions compared")
            row = page.get_by_role("table", name="What changes").locator("tbody tr").filter(has_text="Compared twice")
            expect(row.locator("del")).to_have_text("Compared")
            expect(row.locator("ins")).to_have_text("Compared twice")
            assert visit.unfit() == []
            row.get_by_role("link", name="provider").click()
            rows = page.get_by_role("table", name="Revisions").locator("tbody tr")
            expect(rows).to_have_count(3)
            page.get_by_role("combobox", name="Kind").click()
            page.get_by_role("option", name="route").click()
            expect(page.get_by_text("No change fits this")).to_be_visible()
            assert visit.unfit() == []
            assert visit.faults == []
        finally:
            client.providers.delete(made["id"])


def test_a_change_names_a_provider_that_is_gone(visit: Visit, demo: Instance) -> None:
    with demo.client() as client:
        made = client.providers.create(type="sip", hostname="sip.gone.example", name="Gone Telecom")
        customer = next(iter(client.customers.all()))["id"]
        client.routes.create(customer_id=customer, provider_id=made["id"], priority=9, target="+4479")
        client.providers.delete(made["id"], force=True)
        number = next(iter(client.revisions.all()))["number"]
    visit.open(f"/changes/{number}")
    row = visit.page.get_by_role("table", name="What changes").locator("tbody tr").filter(has_text="+4479")
    expect(row).to_contain_text("Gone Telecom")
    assert visit.unfit() == []
