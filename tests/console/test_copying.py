"""What the console offers to copy works as it stands: the line of curl and the program say what the page shows."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from playwright.sync_api import expect

from dialplane.api.console.code import COPIED
from tests.console.visit import Visit
from tests.serve.instance import Instance

PAGES: Mapping[str, str] = {
    "/v1.0/dialroutes": "/test?number=%2B821021656521",
    "/v1.0/routes": "/routes?filter=target%3A%2B44*&sort=-target",
    "/v1.0/providers": "/providers?filter=-is%3Adisabled",
    "/v1.0/customers": "/customers?filter=Acme",
    "/v1.0/trunks": "/trunks?filter=is%3Aenabled+%22Acme+switch%22",
    "/v1.0/accesskeys": "/keys?filter=role%3Aedge",
    "/v1.0/agents": "/people",
    "/v1.0/calls": "/calls?filter=attempts%3A%3E%3D2+number%3A*6521",
    "/v1.0/revisions": "/changes?filter=kind%3Aroute",
}
"""Path -> a page that asks for it."""


def ran(command: Sequence[str], demo: Instance) -> str:
    token = (demo.data / "secrets" / "operator.key").read_text().strip()
    environment = {**os.environ, "DIALPLANE_TOKEN": token}
    return subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True, text=True).stdout


def copied(visit: Visit, form: str) -> str:
    page = visit.page
    page.get_by_role("button", name="Copy as").click()
    page.get_by_role("menuitem", name=form).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    text: str = page.evaluate("() => navigator.clipboard.readText()")
    expect(page.get_by_role("button", name="Copy as")).to_be_visible()
    return text


@pytest.fixture
def copying(visit: Visit, demo: Instance) -> Callable[[str], tuple[Any, Any]]:
    """Both answers, of what a page offers."""
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    def both(path: str) -> tuple[Any, Any]:
        visit.open(path)
        by_curl = json.loads(ran(["bash", "-c", copied(visit, "curl")], demo))
        return by_curl, ast.literal_eval(ran([sys.executable, "-c", copied(visit, "Python")], demo))

    return both


@pytest.mark.parametrize("path", PAGES)
def test_the_request_of_a_page_is_copied_as_curl_and_as_python(
    visit: Visit, copying: Callable[[str], tuple[Any, Any]], path: str
) -> None:
    by_curl, by_python = copying(PAGES[path])
    assert by_python == by_curl
    assert by_curl["result"]
    shown = visit.page.locator("#page table tbody tr")
    assert shown.count() >= len(by_curl["result"])
    visit.page.get_by_role("button", name="Copy as").press("Enter")
    expect(visit.page.get_by_role("menuitem", name="Python")).to_be_visible()
    assert visit.violations() == []


def test_what_a_switch_dials_is_copied_too(copying: Callable[[str], tuple[Any, Any]], demo: Instance) -> None:
    with demo.client() as client:
        trunk = next(one["id"] for one in client.trunks.all() if one["name"] == "Acme switch")
    by_curl, by_python = copying(f"/test?number=00821021656521&trunk_id={trunk}&at=2027-01-01T10%3A00")
    assert by_python == by_curl
    assert by_curl["number"] == "+821021656521"
    assert {*PAGES, "/v1.0/dialled"} == {*COPIED}, "each that is offered is tried"


def test_it_is_copied_where_pages_may_not_write_to_the_clipboard(visit: Visit) -> None:
    """As over plain HTTP from another machine."""
    visit.page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    visit.open("/keys")
    visit.page.get_by_role("button", name="Copy as").click()
    visit.page.get_by_role("menuitem", name="curl").click()
    expect(visit.page.get_by_role("button", name="Copied")).to_be_visible()
    box = visit.page.get_by_role("textbox", name="Filter")
    box.press("Control+V")
    expect(box).to_have_value(re.compile("^curl -s '.*/v1.0/accesskeys"))
