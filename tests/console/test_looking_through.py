"""What people narrow lists by on the console, and find."""

import re
import time
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, StorageState, expect

from tests.console.visit import Visit
from tests.serve.instance import Instance


def test_calls_are_narrowed_by_what_became_of_them_and_by_more(visit: Visit) -> None:
    page = visit.page
    visit.open("/calls")
    rows = page.get_by_role("table", name="Calls").locator("tbody tr")
    box = page.get_by_role("textbox", name="Filter")
    expect(page.locator("#page input:not([role=switch])")).to_have_count(1)
    page.get_by_role("button", name="More", exact=True).click()
    more = page.get_by_role("group", name="More filters")
    more.get_by_role("combobox", name="Verdict").click()
    page.get_by_role("option", name="saved by failover").click()
    expect(box).to_have_value("verdict:saved")
    expect(rows.first).to_contain_text("200")
    expect(rows.first).to_contain_text(re.compile("503|408|480|500"))
    assert visit.unfit() == []
    more.get_by_label("Number").fill("*6521")
    expect(box).to_have_value("verdict:saved number:*6521")
    expect(rows.filter(has_not_text="6521")).to_have_count(0)
    expect(rows.first).to_contain_text("6521")
    more.get_by_label("Attempts").fill(">= 9")
    expect(box).to_have_value("verdict:saved number:*6521 attempts:>=9")
    expect(page.get_by_text("No call fits these filters")).to_be_visible()
    more.get_by_label("Attempts").fill("many")
    expect(page.get_by_text("term 3 must be like 3, <3,")).to_be_visible()
    box.fill("-attempts:1 attempts:>=2 verdict:saved")
    box.press("Enter")
    expect(more.get_by_label("Attempts")).to_have_value(">=2")
    expect(rows.first).to_be_visible()
    more.get_by_label("Any verdict").click()
    expect(box).to_have_value("-attempts:1 attempts:>=2")
    assert [fault for fault in visit.faults if "400" not in fault] == []


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tashkent"])
def test_a_part_of_time_is_a_term_of_the_filter_in_utc(
    demo: Instance, session: StorageState, contexts: Callable[..., BrowserContext], zone: str
) -> None:
    visit = Visit(contexts(session, zone=zone).new_page(), demo.running()["control_url"])
    page, hours = visit.page, {"UTC": "10", "Asia/Tashkent": "05"}[zone]
    visit.open("/calls")
    page.get_by_role("button", name="More", exact=True).click()
    box = page.get_by_role("textbox", name="Filter")
    page.get_by_label("Since").fill("2026-01-01T10:30")
    expect(box).to_have_value(f"started:>=2026-01-01T{hours}:30")
    expect(page.get_by_role("table", name="Calls").locator("tbody tr").first).to_be_visible()
    page.get_by_label("Before").fill("2026-01-02T10:30")
    expect(box).to_have_value(f"started:2026-01-01T{hours}:30..2026-01-02T{hours}:30")
    expect(page.get_by_text("No call fits these filters")).to_be_visible()
    page.get_by_label("Since").fill("")
    expect(box).to_have_value(f"started:<2026-01-02T{hours}:30")
    expect(page.get_by_label("Before")).to_have_value("2026-01-02T10:30")
    box.fill("started:2026-01-05..2026-01-06")
    box.press("Enter")
    expect(page.get_by_label("Since")).to_have_value({"UTC": "2026-01-05T00:00"}.get(zone, "2026-01-05T05:00"))
    assert visit.faults == []


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
            page.get_by_role("button", name="More", exact=True).click()
            page.get_by_role("combobox", name="Kind").click()
            page.get_by_role("option", name="route").click()
            expect(page.get_by_role("textbox", name="Filter")).to_have_value("kind:route")
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
    row.get_by_role("link", name="route").click()
    expect(visit.page.get_by_role("button", name="Only route +4479 Gone Telecom ×")).to_be_visible()
    assert visit.unfit() == []


def test_a_call_names_a_provider_that_is_gone(visit: Visit, demo: Instance) -> None:
    call, at = str(uuid.uuid4()), time.time_ns() // 1_000
    with demo.client() as client:
        made = client.providers.create(type="sip", hostname="sip.gone.example", name="Left Telecom")
        common = {"v": 1, "edge": "edge-of-tests", "call": call, "at": at, "mono": 1}
        place = {"provider_id": made["id"], "route_id": str(uuid.uuid4()), "why": []}
        events = [
            {**common, "id": str(uuid.uuid4()), "kind": "call_started", "number": "+44795550199"},
            {**common, "id": str(uuid.uuid4()), "kind": "attempt_sent", "n": 1, **place},
            {**common, "id": str(uuid.uuid4()), "kind": "call_ended", "status": 503, "reason": "", "hangup_by": "edge"},
        ]
        assert client.report_events("edge-of-tests", events)["accepted"] == len(events)
        client.providers.delete(made["id"])
    try:
        visit.open("/calls?filter=number:%2B4479*")
        rows = visit.page.get_by_role("table", name="Calls").locator("tbody tr")
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("Left Telecom")
        assert visit.unfit() == []
        visit.open(f"/calls/{call}")
        expect(visit.page.locator("main")).to_contain_text("Left Telecom")
        assert visit.unfit() == []
    finally:
        with demo.client() as client:
            client.edges.delete("edge-of-tests")


def test_calls_and_changes_are_filtered_in_one_box(visit: Visit) -> None:
    page = visit.page
    visit.open("/calls")
    rows = page.get_by_role("table", name="Calls").locator("tbody tr")
    page.keyboard.press("/")
    box = page.get_by_role("textbox", name="Filter")
    expect(box).to_be_focused()
    box.press_sequentially("verd")
    page.get_by_role("option", name=re.compile("^verdict:")).click()
    page.get_by_role("option", name="saved").click()
    expect(page).to_have_url(re.compile("filter=verdict%3Asaved"))
    expect(rows.first).to_contain_text(re.compile("503|408|480|500"))
    box.press_sequentially("number:+8210*")
    box.press("Enter")
    expect(rows.filter(has_not_text="+8210")).to_have_count(0)
    assert visit.unfit() == []
    visit.open("/calls?filter=provder:Bravo")
    expect(page.get_by_text("provider: is near it")).to_be_visible()
    visit.open("/changes")
    page.keyboard.press("/")
    box.press_sequentially("-by:adm")
    page.get_by_role("option", name="admin@localhost").click()
    expect(page).to_have_url(re.compile("filter=-by%3A"))
    expect(page.get_by_role("table", name="Revisions").locator("tbody tr").first).to_be_visible()
    box.fill("kind:provider did:provider.create")
    box.press("Enter")
    expect(page.get_by_role("table", name="Revisions")).to_contain_text("Provider created")
    assert visit.unfit() == []
    assert [fault for fault in visit.faults if "400" not in fault] == []
