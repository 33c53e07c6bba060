"""Draining a provider: what is inside goes on until it ends, and nothing new is sent there."""

import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from dialplane.client import Client
from tests.console.calling import calling
from tests.console.visit import Visit
from tests.serve.instance import Instance
from tests.waiting import eventually

NUMBER = "+12125550199"
"""Acme's route to it leads to Bravo first."""

ACME = "127.0.0.1"
WITHIN_S = 60.0
WITHIN_MS = WITHIN_S * 1000


@pytest.fixture
def client(demo: Instance) -> Iterator[Client]:
    with demo.client() as client:
        yield client


@pytest.fixture
def caller(demo: Instance) -> Iterator["subprocess.Popen[bytes]"]:
    """A call of Acme's that goes on until its standard input is closed."""
    with calling(demo, source=ACME, number=NUMBER) as process:
        yield process


def goes_on(client: Client) -> bool:
    """Whether the call is answered and not over."""
    return bool(client.calls.list(number=NUMBER, status="progressing")["result"])


def test_what_is_inside_goes_on_and_nothing_new_comes(
    visit: Visit, client: Client, caller: "subprocess.Popen[bytes]"
) -> None:
    bravo = next(one["id"] for one in client.providers.all() if one["name"] == "Bravo")
    acme = next(one["id"] for one in client.customers.all() if one["name"] == "Acme")
    page = visit.page
    eventually(lambda: goes_on(client), within_s=WITHIN_S, what="the call is answered")
    visit.open(f"/providers/{bravo}")
    inside = page.locator(".tile", has_text="Channels now")
    expect(inside.locator(".value")).to_have_text("1", timeout=WITHIN_MS)
    page.get_by_role("button", name="Drain and disable").click()
    dialog = page.get_by_role("dialog", name="Drain Bravo?")
    expect(dialog).to_contain_text("calls inside, 1 now, go on until they end")
    assert visit.violations() == []
    dialog.get_by_role("button", name="Drain and disable").click()
    expect(inside).to_contain_text("these go on until they end", timeout=WITHIN_MS)
    assert client.providers.get(bravo)["enabled"] is False
    tried = client.dialroutes(acme, NUMBER)["result"]
    assert tried
    assert bravo not in [route["provider_id"] for route in tried]
    assert goes_on(client)
    assert caller.stdin is not None
    caller.stdin.close()
    expect(inside).to_contain_text("disabled and empty", timeout=WITHIN_MS)
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_role("button", name="Drain and disable")).to_be_visible()
    assert client.providers.get(bravo).get("enabled", True)
    assert visit.faults == []
