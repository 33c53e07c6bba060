"""Why a switch is refused, what lets it in, and what to write into it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from dialplane.client import Client
from tests.console.calling import calling, status_of
from tests.console.visit import Visit
from tests.serve.instance import Instance
from tests.waiting import eventually

STRANGER = "127.0.0.77"
NUMBER = "+12125550177"
WITHIN_MS = 40_000


@pytest.fixture
def client(demo: Instance) -> Iterator[Client]:
    with demo.client() as client:
        yield client
        for trunk in client.trunks.all():
            if STRANGER in trunk["allowed_ips"]:
                client.trunks.delete(trunk["id"])


def test_who_is_refused_is_shown_with_the_reason_and_let_in(visit: Visit, demo: Instance, client: Client) -> None:
    with calling(demo, source=STRANGER, number=NUMBER, talk_s=0.1) as process:
        assert status_of(process) == 403
    page = visit.page
    visit.open("/trunks")
    refused = page.get_by_role("table", name=re.compile("^Refused at")).get_by_role("row").filter(has_text=STRANGER)
    expect(refused).to_contain_text("trunk", timeout=WITHIN_MS)
    expect(refused).to_contain_text(NUMBER)
    assert visit.unfit() == []
    refused.get_by_role("button", name="Trunk for it").click()
    form = page.get_by_role("dialog", name="New trunk")
    expect(form).to_contain_text(STRANGER)
    form.get_by_label("Customer").click()
    page.get_by_role("option", name="Acme").click()
    form.get_by_label("Name", exact=True).fill("A new switch")
    form.get_by_role("button", name="Create the trunk").click()
    expect(page.get_by_text(re.compile("Saved as revision"))).to_be_visible()
    eventually(demo.follows, within_s=30, what="the edge has the trunk")
    with calling(demo, source=STRANGER, number=NUMBER, talk_s=0.1) as process:
        assert status_of(process) == 200
    page.get_by_role("table", name="Trunks").get_by_role("link", name="A new switch").click()
    expect(page.locator("h1")).to_have_text("A new switch")
    for switch in ("Asterisk", "FreeSWITCH", "Kamailio"):
        snippet = page.locator("section").filter(has=page.get_by_role("heading", name=switch))
        expect(snippet.locator("pre")).to_contain_text(demo.running()["sip"])
    assert visit.unfit() == []
    assert visit.faults == []
