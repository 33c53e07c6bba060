"""Every page survives `kill -9` of the API with what was typed in it, and goes on by itself."""

import os
import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, StorageState, expect

from dialplane.client import ApiError
from tests.console.test_pages import PAGES
from tests.console.visit import Visit
from tests.serve.instance import Instance
from tests.waiting import eventually

FILTERS = {"/calls": "Filter", "/test": "Number", "/settings": "Name"}
"""Path -> the field that is typed in."""

FORMS = {
    "/routes": ("New route", "Target"),
    "/providers": ("New provider", "Hostname"),
    "/customers": ("New customer", "Phone number"),
    "/trunks": ("New trunk", "Domain name"),
    "/keys": ("New key", "Detail"),
    "/people": ("New person", "Username"),
}
"""Path -> the form that is opened there, and its field that is typed in."""

TYPED = "+4420"
BACK_WITHIN_S = 60.0


def typed_in(page: Page, path: str) -> Locator | None:
    """The field of the page with what was typed; None where there is none to type in."""
    if path in FORMS:
        button, label = FORMS[path]
        page.get_by_role("button", name=button).click()
        field = page.get_by_role("dialog").get_by_label(label)
    elif path in FILTERS:
        field = page.locator("main").get_by_label(FILTERS[path], exact=True)
    else:
        return None
    field.fill(TYPED)
    return field


@pytest.mark.timeout(240)
def test_each_page_keeps_what_was_typed_and_goes_on(
    demo: Instance, session: StorageState, contexts: Callable[..., BrowserContext]
) -> None:
    context, home = contexts(session), demo.running()["control_url"]
    fields: dict[str, Locator | None] = {}
    visits: dict[str, Visit] = {}
    for path in PAGES:
        visits[path] = Visit(context.new_page(), home)
        visits[path].open(path)
        fields[path] = typed_in(visits[path].page, path)
    before = demo.main_pid("dialplane.api")
    os.kill(before, signal.SIGKILL)
    eventually(
        lambda: demo.main_pid("dialplane.api") != before and answers(demo),
        within_s=BACK_WITHIN_S,
        what="the API is back",
    )
    for path, visit in visits.items():
        expect(visit.page.locator(".away")).to_have_count(0, timeout=BACK_WITHIN_S * 1000)
        expect(visit.page.locator("h1")).to_have_text(PAGES[path][0])
        if field := fields[path]:
            expect(field).to_have_value(TYPED)
        expect(visit.page.get_by_role("alert")).to_have_count(0)
        assert [fault for fault in visit.faults if "Failed to load resource" not in fault] == []


def answers(demo: Instance) -> bool:
    try:
        with demo.client() as client:
            return bool(client.providers.list()["result"])
    except (ApiError, OSError):
        return False
