"""What people narrow lists by on the console, and find."""

import re

from playwright.sync_api import expect

from tests.console.visit import Visit


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
