"""What a role may not do is not shown."""

import uuid
from collections.abc import Callable

from playwright.sync_api import BrowserContext, StorageState, expect

from tests.console.conftest import PASSWORD
from tests.console.visit import Visit
from tests.serve.instance import Instance


def test_a_customers_manager_sees_what_is_of_the_customer(
    demo: Instance, contexts: Callable[[StorageState | None], BrowserContext]
) -> None:
    username = f"manager-{uuid.uuid4().int % 10**8:08}@example.net"  # pages are looked at for ids, which have letters
    with demo.client() as client:
        customer = next(one for one in client.customers.all() if one["name"] == "Acme")
        client.agents.create(username=username, password=PASSWORD, customer_id=customer["id"], role="customer_manager")
    context = contexts(None)
    home = demo.running()["control_url"]
    assert context.request.post(f"{home}/auth/session", data={"username": username, "password": PASSWORD}).ok
    visit = Visit(context.new_page(), home)
    for path in ("/", "/routes", "/calls", "/trunks", "/keys", "/people", "/test?number=%2B821021656521"):
        visit.open(path)
        assert visit.violations() == []
    shown = visit.page.get_by_role("navigation").get_by_role("link").all_inner_texts()
    assert [text.split("\n")[0] for text in shown] == [
        "Overview", "Calls", "Test a number", "Routes", "Trunks", "Keys", "People",
    ]  # fmt: skip
    visit.open("/routes")
    expect(visit.page.get_by_role("button", name="New route")).to_have_count(0)
    assert visit.faults == []
