"""A real call from "Test a number": through the edge, by the customer's own trunk, bounded, and on record."""

import re

from playwright.sync_api import expect

from dialplane.control.testcalls import TALK_S
from tests.console.visit import Visit
from tests.serve.instance import Instance
from tests.waiting import eventually

NUMBER = "+12125550117"


def test_a_call_is_placed_after_it_was_said_what_it_is(visit: Visit, demo: Instance) -> None:
    with demo.client() as client:
        acme = next(one for one in client.customers.all() if one["name"] == "Acme")
        trunk = next(one for one in client.trunks.all() if one["customer_id"] == acme["id"])
        page = visit.page
        visit.open(f"/test?customer_id={acme['id']}&number=%2B{NUMBER[1:]}")
        page.get_by_role("button", name="Place a real call").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text(f"really rings at {NUMBER}")
        expect(dialog).to_contain_text(f"hung up {TALK_S} s after")
        assert visit.violations() == []
        assert client.calls.list(number=NUMBER)["result"] == []
        dialog.get_by_role("button", name=f"Call {NUMBER}").click()
        expect(page).to_have_url(re.compile("/calls"))
        [call] = eventually(
            lambda: [one for one in client.calls.list(number=NUMBER)["result"] if one["status"] == "hangup"],
            within_s=60,
            what="the call's record",
        )
        assert (call["customer_id"], call["trunk_id"], call["ended_by"]) == (acme["id"], trunk["id"], "caller")
        assert call["duration_ms"] is not None
        assert call["duration_ms"] >= TALK_S * 900
    assert visit.faults == []
