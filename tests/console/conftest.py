"""A real `serve --demo`, and pages of its console in Debian's Chromium that note whatever must not happen."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, ViewportSize, sync_playwright

from tests.console.visit import Visit
from tests.serve.instance import Instance, serving
from tests.serve.live import FAST_PROBES
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
USERNAME, PASSWORD = "admin@localhost", "a long enough password"
CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The demo, with the call on record that it begins with: Alpha refuses it, Bravo answers."""
    subprocess.run([ROOT / "setup" / "console", Path(sys.prefix)], check=True, timeout=300)
    environment = {**FAST_PROBES, "DIALPLANE_ADMIN_USERNAME": USERNAME, "DIALPLANE_ADMIN_PASSWORD": PASSWORD}
    with serving(tmp_path_factory.mktemp("console") / "data", "--demo", environment=environment) as instance:
        eventually(lambda: "Stop with Ctrl-C" in instance.said(), within_s=60, what="the demo is there")
        yield instance


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if os.getuid() == 0 else []
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def session(demo: Instance, chromium: Browser) -> StorageState:
    """The cookie of a browser that has signed in."""
    context = chromium.new_context()
    answer = context.request.post(
        f"{demo.running()['control_url']}/auth/session", data={"username": USERNAME, "password": PASSWORD}
    )
    assert answer.ok, answer.text()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def contexts(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browsers' windows, all closed at the end."""
    made: list[BrowserContext] = []

    def make(
        state: StorageState | None, *, width: int = 1440, height: int = 900, scale: float = 1, zone: str | None = None
    ) -> BrowserContext:
        size: ViewportSize = {"width": width, "height": height}
        made.append(
            chromium.new_context(
                storage_state=state, viewport=size, device_scale_factor=scale, reduced_motion="reduce", timezone_id=zone
            )
        )
        return made[-1]

    yield make
    for context in made:
        context.close()


@pytest.fixture
def stranger(demo: Instance, contexts: Callable[..., BrowserContext]) -> Visit:
    """Somebody who has not signed in."""
    return Visit(contexts(None).new_page(), demo.running()["control_url"])


@pytest.fixture
def visit(demo: Instance, session: StorageState, contexts: Callable[..., BrowserContext]) -> Visit:
    """The administrator, who has signed in."""
    return Visit(contexts(session).new_page(), demo.running()["control_url"])
