"""The help at /help/ in the browser: readable without a login, found by search, in light and dark, and nothing asked
of another host."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from dialplane.api.http.help import DIST
from tests.console.conftest import ROOT
from tests.console.test_pages import PAGES as CONSOLE_PAGES
from tests.console.visit import Visit

PAGES = (
    "index",
    "operations/install",
    "operations",
    "api/routes",
    "reference/rest/routes",
    "events",
    "tutorials/first-call",
    "tutorials/connect-kamailio",
    "decisions/0001-two-planes",
    "search",
)


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    subprocess.run([ROOT / "setup" / "help", sys.prefix], check=True, timeout=300)


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_reads_it_in_light_and_dark(stranger: Visit, page: str) -> None:
    stranger.open(f"/help/{page}.html", below="")
    found = {}
    for scheme in ("light", "dark"):
        stranger.page.evaluate("scheme => { document.body.dataset.theme = scheme }", scheme)
        found[scheme] = stranger.violations()
    assert found == {"light": [], "dark": []}
    assert stranger.faults == []


def test_search_finds_a_page_by_its_words(stranger: Visit) -> None:
    page = stranger.page
    stranger.open("/help", below="")
    page.get_by_placeholder("Search").fill("promtool")
    page.get_by_placeholder("Search").press("Enter")
    expect(page.locator("#search-results")).to_contain_text("Monitoring")
    page.locator("#search-results").get_by_role("link", name="Monitoring").first.click()
    expect(page.locator("h1")).to_contain_text("Monitoring")
    assert stranger.faults == []


def test_the_console_leads_to_the_page_that_says_more(visit: Visit) -> None:
    for path, heading in (("/routes", "Routes"), ("/trunks", "Trunks"), ("/settings", "Settings")):
        visit.open(path)
        with visit.page.expect_popup() as opened:
            visit.page.get_by_role("link", name="Help").click()
        expect(opened.value.locator("h1")).to_contain_text(heading)
        opened.value.close()


def test_each_page_of_the_console_has_a_page_of_the_help() -> None:
    named = re.findall(r"help: '([^']+)'", (ROOT / "console/src/frame/pages.ts").read_text())
    assert len(named) == len(CONSOLE_PAGES)
    assert [name for name in named if not (DIST / f"{name}.html").is_file()] == []


def test_a_chosen_scheme_stays(stranger: Visit) -> None:
    page = stranger.page
    page.emulate_media(color_scheme="light")
    stranger.open("/help", below="")
    expect(page.locator("body")).to_have_attribute("data-theme", "auto")
    page.get_by_role("button", name="Toggle Light / Dark / Auto color theme").first.click()
    chosen = page.locator("body").get_attribute("data-theme")
    assert chosen in ("light", "dark")
    page.reload()
    expect(page.locator("body")).to_have_attribute("data-theme", chosen)
    assert stranger.faults == []
