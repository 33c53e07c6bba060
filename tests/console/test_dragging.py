"""Routes to a target are dragged into another order, by mouse and by finger, as one revision; keys do the same."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from dialplane.client import Client
from tests.console.visit import Visit
from tests.serve.instance import Instance

NAME = "Dragged"
TARGET = "+99881"
CARRIERS = ("Alpha", "Charlie", "Delta", "Echo")


@pytest.fixture
def client(demo: Instance) -> Iterator[Client]:
    with demo.client() as client:
        yield client


@pytest.fixture
def routes(client: Client) -> Iterator[dict[str, str]]:
    """Carrier -> id of a customer's route to TARGET, priorities 1 to 4. The customer is gone after."""
    customer = client.customers.create(name=NAME)["id"]
    ids = {one["name"]: one["id"] for one in client.providers.all()}
    yield {
        name: client.routes.create(customer_id=customer, provider_id=ids[name], priority=priority, target=TARGET)["id"]
        for priority, name in enumerate(CARRIERS, 1)
    }
    client.customers.delete(customer)


def chain_of(visit: Visit) -> Locator:
    """The target's chain in the tree, with a handle for each of its routes."""
    visit.open(f'/routes?view=tree&filter=customer:"{NAME}"')
    visit.page.get_by_role("button", name=re.compile(re.escape(TARGET))).click()
    chain = visit.page.locator(".chain")
    expect(chain.get_by_role("button")).to_have_count(len(CARRIERS))
    return chain


def middle(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def handle(chain: Locator, name: str) -> Locator:
    return chain.get_by_role("button", name=f"Move {name}")


def lift(visit: Visit, chain: Locator, name: str, *, above: str) -> None:
    """Take a route by its handle and hold it over the upper half of another."""
    x, y = middle(handle(chain, name))
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    _, to = middle(handle(chain, above))
    visit.page.mouse.move(x, to - 6, steps=6)
    expect(chain.locator("[data-edge=before]")).to_contain_text(above)


def order(client: Client, routes: dict[str, str]) -> list[str]:
    priorities = {name: client.routes.get(id_)["priority"] for name, id_ in routes.items()}
    return sorted(priorities, key=lambda name: priorities[name])


def test_a_route_is_dragged_over_several_others_as_one_revision(
    visit: Visit, client: Client, routes: dict[str, str]
) -> None:
    chain = chain_of(visit)
    assert visit.unfit() == []
    before = client.revisions.list()["result"][0]["number"]
    lift(visit, chain, "Echo", above="Alpha")
    assert visit.unfit() == []
    visit.page.mouse.up()
    expect(visit.page.get_by_text(re.compile("Saved as revision"))).to_be_visible()
    assert order(client, routes) == ["Echo", "Alpha", "Charlie", "Delta"]
    assert client.revisions.list()["result"][0]["number"] == before + 1
    visit.page.get_by_role("button", name="Undo").click()
    expect(visit.page.get_by_text(re.compile("is undone by revision"))).to_be_visible()
    assert order(client, routes) == list(CARRIERS)
    assert visit.faults == []


def test_escape_lets_go_of_it_and_nothing_changes(visit: Visit, client: Client, routes: dict[str, str]) -> None:
    chain = chain_of(visit)
    lift(visit, chain, "Delta", above="Alpha")
    visit.page.keyboard.press("Escape")
    expect(chain.locator("[data-edge], [data-dragged]")).to_have_count(0)
    visit.page.mouse.up()
    visit.page.mouse.click(*middle(visit.page.locator("h1")))
    expect(visit.page.get_by_text(re.compile("Saved as revision"))).to_have_count(0)
    assert order(client, routes) == list(CARRIERS)


def test_a_finger_does_the_same(visit: Visit, client: Client, routes: dict[str, str]) -> None:
    chain = chain_of(visit)
    touch = visit.page.context.new_cdp_session(visit.page)
    x, y = middle(handle(chain, "Alpha"))
    _, to = middle(handle(chain, "Delta"))
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 7):
        point = {"x": x, "y": y + (to + 6 - y) * step / 6}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(visit.page.get_by_text(re.compile("Saved as revision"))).to_be_visible()
    assert order(client, routes) == ["Charlie", "Delta", "Alpha", "Echo"]


def test_keys_move_it_by_one_place(visit: Visit, client: Client, routes: dict[str, str]) -> None:
    chain = chain_of(visit)
    handle(chain, "Delta").focus()
    visit.page.keyboard.press("Alt+ArrowUp")
    expect(visit.page.get_by_text(re.compile("Saved as revision"))).to_be_visible()
    assert order(client, routes) == ["Alpha", "Delta", "Charlie", "Echo"]
    expect(chain.locator("li").nth(1)).to_contain_text("Delta")
    expect(handle(chain, "Delta")).to_be_focused()
    assert visit.faults == []
