"""The pictures of README and documents: pages of the console as a living demo shows them, light and dark.

`make pictures` writes them into docs/pictures; without `--pictures` they are taken to see that they can be. One seed
makes the calls of the hour before, and the clock of the browser stands still, so that both schemes show the same.
"""

import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.console.conftest import PASSWORD, USERNAME
from tests.console.pictures import HEIGHT, PAGES, SCALE, WIDTH
from tests.console.visit import Visit
from tests.serve.instance import Instance, serving
from tests.waiting import eventually

LOADED_WITHIN_MS = 60_000
QUALITY = 88
"""Of WebP; 100 is the best."""


@pytest.fixture(scope="module")
def living(demo: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A demo with traffic, and an hour of calls before; `demo` has built the console."""
    environment = {
        "DIALPLANE_ADMIN_USERNAME": USERNAME,
        "DIALPLANE_ADMIN_PASSWORD": PASSWORD,
        "DIALPLANE_DEMO_CALLS_PER_S": "1",
    }
    with serving(tmp_path_factory.mktemp("pictures") / "data", "--demo", environment=environment) as instance:
        eventually(lambda: "Stop with Ctrl-C" in instance.said(), within_s=90, what="the demo is there")
        yield instance


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    chosen = request.config.getoption("--pictures")
    return Path(chosen) if chosen else tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def ids(living: Instance) -> dict[str, str]:
    """What the paths of `PAGES` name: the demo's first call, which Alpha refused and Bravo answered, and Bravo."""
    with living.client() as client:
        first = eventually(
            lambda: [one for one in client.calls.list(number="+821021656521")["result"] if one["status"] == "hangup"],
            within_s=30,
            what="the demo's first call",
        )
        bravo = next(one["id"] for one in client.providers.all() if one["name"] == "Bravo")
    return {"call": first[0]["id"], "bravo": bravo}


@pytest.mark.parametrize("name", PAGES)
def test_a_picture_is_taken_in_light_and_dark(
    name: str, living: Instance, contexts: Callable[..., BrowserContext], ids: dict[str, str], folder: Path
) -> None:
    context, home = contexts(None, width=WIDTH, height=HEIGHT, scale=SCALE), living.running()["control_url"]
    assert context.request.post(f"{home}/auth/session", data={"username": USERNAME, "password": PASSWORD}).ok
    visit = Visit(context.new_page(), home)
    visit.page.clock.set_fixed_time(time.time())
    for scheme in ("light", "dark"):
        visit.open("/settings")
        visit.page.evaluate("scheme => localStorage.setItem('mantine-color-scheme-value', scheme)", scheme)
        visit.open(PAGES[name].path.format(**ids))
        expect(visit.page.get_by_text(PAGES[name].shows).first).to_be_visible(timeout=LOADED_WITHIN_MS)
        taken = context.new_cdp_session(visit.page).send(
            "Page.captureScreenshot", {"format": "webp", "quality": QUALITY}
        )
        (folder / f"{name}-{scheme}.webp").write_bytes(base64.b64decode(taken["data"]))
    assert visit.faults == []
