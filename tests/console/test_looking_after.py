"""Keys that expire, people's sessions, and what a frozen customer's calls do."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import expect

from dialplane.client import Client
from tests.console.visit import Visit
from tests.serve.instance import Instance

PASSWORD = "long enough"
DAY_S = 86_400


@pytest.fixture
def client(demo: Instance) -> Iterator[Client]:
    with demo.client() as client:
        yield client


@pytest.fixture
def expiring(client: Client) -> Iterator[str]:
    """The name of a key that is good for five days more."""
    made = client.accesskeys.create(name="Deck import", role="customer_manager", expire=5 * DAY_S)
    yield made["name"]
    client.accesskeys.delete(made["id"])


def test_a_key_that_expires_is_seen_on_every_page_and_found_at_once(visit: Visit, expiring: str) -> None:
    page = visit.page
    visit.open("/customers")
    page.get_by_role("link", name=re.compile("1 key expires within 14 days")).click()
    expect(page.get_by_role("textbox", name="Filter")).to_have_value("is:expiring")
    rows = page.get_by_role("table", name="Access keys").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(expiring)
    expect(rows).to_contain_text(re.compile("in [45] days"))
    expect(page.get_by_text("Make a new one")).to_be_visible()
    assert visit.unfit() == []
    assert visit.faults == []


def test_a_new_key_is_shown_once_and_its_line_of_curl_works(visit: Visit, client: Client) -> None:
    page = visit.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.open("/keys")
    page.keyboard.press("n")
    form = page.get_by_role("dialog", name="New access key")
    form.get_by_label("Name", exact=True).fill("Copied")
    form.get_by_role("button", name="Create the access key").click()
    expect(form.get_by_text("The key is shown this once")).to_be_visible()
    assert visit.violations() == []
    form.get_by_role("button", name="As curl").click()
    expect(form.get_by_role("button", name="Copied")).to_be_visible()
    line = page.evaluate("() => navigator.clipboard.readText()")
    copied = re.fullmatch(r"curl (\S+) -H 'Authorization: Bearer (\S+)'", line)
    assert copied, line
    url, token = copied.groups()
    with httpx2.Client(verify=False) as http:
        assert http.get(url, headers={"Authorization": f"Bearer {token}"}).json()["name"] == "Copied"
    expect(form.get_by_role("button", name="As curl")).to_be_visible()
    form.get_by_role("button", name="As Python").click()
    expect(form.get_by_role("button", name="Copied")).to_be_visible()
    program = page.evaluate("() => navigator.clipboard.readText()")
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True, text=True)
    assert ast.literal_eval(ran.stdout)["name"] == "Copied"
    form.get_by_role("button", name="Done").click()
    row = page.get_by_role("table", name="Access keys").locator("tbody tr").filter(has_text="Copied")
    expect(row).to_contain_text(re.compile("sec. ago|now"), timeout=15_000)
    expect(page.get_by_text(token)).to_have_count(0)
    client.accesskeys.delete(next(one["id"] for one in client.accesskeys.all() if one["name"] == "Copied"))


def test_where_a_person_is_signed_in_is_shown_and_ended(visit: Visit, demo: Instance, client: Client) -> None:
    page, username = visit.page, "away@ended.example"
    person = client.agents.create(username=username, password=PASSWORD, role="customer_manager")
    home = demo.running()["control_url"]
    with httpx2.Client(verify=False, base_url=home, headers={"User-Agent": "deck-import/2"}) as http:
        login = {"username": username, "password": PASSWORD}
        token = http.post("/auth/login", json=login).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert http.get("/v1.0/me", headers=headers).status_code == 200
        visit.open("/people?filter=ended.example")
        row = page.get_by_role("table", name="People").locator("tbody tr")
        expect(row).to_have_count(1)
        expect(row).to_contain_text(re.compile("sec. ago|now"))
        assert visit.unfit() == []
        row.press("Enter")
        panel = page.get_by_role("dialog", name="Edit person")
        expect(panel).to_contain_text("deck-import/2")
        assert visit.violations() == []
        panel.get_by_role("button", name="End sessions").click()
        asked = page.get_by_role("dialog", name=f"End all sessions of {username}?")
        expect(asked).to_contain_text("1 now")
        assert visit.violations() == []
        asked.get_by_role("button", name="End sessions").click()
        expect(page.get_by_text("Signed in nowhere")).to_be_visible()
        assert http.get("/v1.0/me", headers=headers).status_code == 401
        assert http.post("/auth/login", json=login).status_code == 200, "the password stays"
    assert visit.faults == []
    client.agents.delete(person["id"])


def test_a_freeze_says_what_becomes_of_the_calls_and_z_undoes_it(visit: Visit, client: Client) -> None:
    page = visit.page
    made = client.customers.create(name="Late payer")
    visit.open(f"/customers/{made['id']}")
    page.get_by_role("button", name="Freeze").click()
    asked = page.get_by_role("dialog", name="Freeze Late payer?")
    expect(asked).to_contain_text("Calls that go on, 0 now, go on until they end")
    assert visit.violations() == []
    asked.get_by_role("button", name="Cancel").click()
    assert client.customers.get(made["id"])["status"] == "active"
    page.get_by_role("button", name="Freeze").click()
    asked.get_by_role("button", name="Freeze").click()
    expect(page.get_by_text("frozen; these go on until they end")).to_be_visible()
    expect(page.get_by_text(re.compile("Saved as revision"))).to_be_visible()
    assert visit.unfit() == []
    page.keyboard.press("z")
    expect(page.get_by_role("button", name="Freeze")).to_be_visible()
    assert client.customers.get(made["id"])["status"] == "active"
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Undo what was just saved")
    assert visit.faults == []
    client.customers.delete(made["id"])


def test_lists_are_filtered_in_one_box_and_the_address_keeps_it(visit: Visit, client: Client) -> None:
    page = visit.page
    acme = next(one["name"] for one in client.customers.all() if one["name"] == "Acme")
    for path, typed, chosen, filter_ in (
        ("/trunks", "-cust", "-customer:", f"-customer:{acme}"),
        ("/providers", "-is", "-is:", "-is:disabled"),
        ("/customers", "is", "is:", "is:frozen"),
        ("/people", "rol", "role:", "role:customer_admin"),
        ("/keys", "edge", "", "edge"),
    ):
        visit.open(path)
        page.keyboard.press("/")
        box = page.get_by_role("textbox", name="Filter")
        expect(box).to_be_focused()
        box.press_sequentially(typed)
        if chosen:
            page.get_by_role("option", name=re.compile(f"^{re.escape(chosen)}")).click()
            page.get_by_role("option", name=re.compile(f"^{filter_.partition(':')[2]}")).click()
        expect(box).to_have_value(re.compile(f"^{re.escape(filter_)} ?$"))
        expect(page).to_have_url(re.compile("filter="))
        page.keyboard.press("Escape")
        page.reload()
        visit.settle()
        expect(page.get_by_role("textbox", name="Filter")).to_have_value(filter_)
        assert visit.unfit() == []
    visit.open("/trunks?filter=customer:acm")
    expect(page.get_by_text("must have the name of a customer that there is")).to_be_visible()
    assert [fault for fault in visit.faults if "400" not in fault] == []
