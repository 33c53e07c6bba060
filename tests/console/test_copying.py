"""What the console offers to copy works as it stands: the line of curl and the program say what the page shows."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Locator, expect

from dialplane.api.console.code import COPIED
from dialplane.client import Client
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


FORM = "[role=dialog]"
SECRET, OTHER_SECRET = "typed-into-the-form-1", "another one, 'quoted'"


def run(command: Sequence[str], demo: Instance) -> subprocess.CompletedProcess[str]:
    token = (demo.data / "secrets" / "operator.key").read_text().strip()
    environment = {**os.environ, "DIALPLANE_TOKEN": token, "DIALPLANE_SECRET": OTHER_SECRET}
    return subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False, text=True)


def ran(command: Sequence[str], demo: Instance) -> str:
    process = run(command, demo)
    assert process.returncode == 0, process.stderr
    return process.stdout


def copied(visit: Visit, form: str, *, within: str = "main") -> str:
    page, place = visit.page, visit.page.locator(within)
    place.get_by_role("button", name="Copy as").click()
    page.get_by_role("menuitem", name=form).click()
    expect(place.get_by_role("button", name="Copied")).to_be_visible()
    text: str = page.evaluate("() => navigator.clipboard.readText()")
    expect(place.get_by_role("button", name="Copy as")).to_be_visible()
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


def test_the_targets_that_try_a_provider_first_are_copied_too(
    copying: Callable[[str], tuple[Any, Any]], demo: Instance
) -> None:
    with demo.client() as client:
        provider = next(one["id"] for one in client.providers.all() if one["name"] == "Alpha")
        customer = next(one["id"] for one in client.customers.all() if one["name"] == "Acme")
    by_curl, by_python = copying(f"/test?view=first&provider_id={provider}&customer_id={customer}&health=ignore")
    assert by_python == by_curl
    assert by_curl["examined"] > 0


def test_each_request_that_is_offered_is_tried() -> None:
    assert {*PAGES, "/v1.0/dialled", "/v1.0/providers/{id}/targets"} == {*COPIED}


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


class Filled(NamedTuple):
    """A form: its page, the button that opens it, what is typed and chosen, and the field that is changed later."""

    page: str
    button: str
    typed: Mapping[str, str]
    chosen: Mapping[str, str]
    changed: str


FORMS: Mapping[str, Filled] = {
    "routes": Filled(
        "/routes",
        "New route",
        {"Target": "+99871", "Detail": 'it\'s "so"'},
        {"Customer": "Acme", "Provider": "Delta"},
        "Detail",
    ),
    "providers": Filled(
        "/providers",
        "New provider",
        {
            "Name": "Copied",
            "Hostname": "sip.copied.example",
            "Username": "u",
            "Password": SECRET,
            "Metadata": '{"a": [null, true]}',
        },
        {},
        "Name",
    ),
    "customers": Filled("/customers", "New customer", {"Name": "Copied's", "Detail": "$HOME `id` \\"}, {}, "Detail"),
    "trunks": Filled(
        "/trunks",
        "New trunk",
        {"Name": "Copied", "Username": "copied", "Password": SECRET},
        {"Customer": "Acme"},
        "Name",
    ),
    "accesskeys": Filled(
        "/keys", "New key", {"Name": "Copied"}, {"Customer": "Acme", "Role": "customer_admin"}, "Detail"
    ),
    "agents": Filled(
        "/people",
        "New person",
        {"Username": "copied@acme.example", "Password": SECRET, "Name": "Copied"},
        {"Customer": "Acme", "Role": "customer_admin"},
        "Name",
    ),
}
"""Resource -> its form."""


def fill(visit: Visit, form: Filled) -> Locator:
    page = visit.page
    visit.open(form.page)
    page.get_by_role("button", name=form.button).click()
    dialog = page.get_by_role("dialog")
    for label, text in form.typed.items():
        dialog.get_by_role("textbox", name=label, exact=True).fill(text)
    for label, text in form.chosen.items():
        dialog.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=text, exact=True).click()
    return dialog


def both_copied(visit: Visit) -> tuple[Sequence[str], Sequence[str]]:
    """The two commands, without what was typed as a secret."""
    texts = copied(visit, "curl", within=FORM), copied(visit, "Python", within=FORM)
    assert not [text for text in texts if SECRET in text]
    return ["bash", "-c", texts[0]], [sys.executable, "-c", texts[1]]


def plain(made: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was made, without what is another each time."""
    another = ("tm_", "token", "health_")
    return {name: value for name, value in made.items() if name != "id" and not name.startswith(another)}


@pytest.mark.parametrize("resource", FORMS)
def test_what_a_form_would_save_is_copied(visit: Visit, demo: Instance, resource: str) -> None:
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    form = FORMS[resource]
    dialog = fill(visit, form)
    by_curl, by_python = both_copied(visit)
    with demo.client() as client:
        made = [made_by(client, resource, command, demo) for command in (by_curl, by_python)]
        assert made[0] == made[1]
        dialog.get_by_role("button", name="Create the").click()
        expect(visit.page.get_by_text("as revision")).to_be_visible()
        saved = next(iter(getattr(client, resource).all()))
        try:
            assert made[0] == plain(saved)
            of_one(visit, client, resource, saved["id"], demo)
        finally:
            getattr(client, resource).delete(saved["id"])


def made_by(client: Client, resource: str, command: Sequence[str], demo: Instance) -> Mapping[str, Any]:
    """What a copied command makes, and shows; it is deleted again."""
    said = ran(command, demo)
    made = json.loads(said) if command[0] == "bash" else ast.literal_eval(said)
    getattr(client, resource).delete(made["id"])
    return plain(made)


def of_one(visit: Visit, client: Client, resource: str, id_: str, demo: Instance) -> None:
    """Its form, filled in with something else: each command changes it as it was when the form was opened."""
    form, api = FORMS[resource], getattr(client, resource)
    for number in (0, 1):
        visit.open(form.page)
        rows = visit.page.get_by_role("table").locator("tbody tr")
        rows.filter(has_text=re.compile("copied|changed|99871", re.IGNORECASE)).first.press("e")
        dialog = visit.page.get_by_role("dialog")
        field = dialog.get_by_role("textbox", name=form.changed, exact=True)
        expect(dialog.get_by_role("button", name="Copy as")).to_be_disabled()
        field.fill(f"Changed {number}")
        command = both_copied(visit)[number]
        ran(command, demo)
        assert api.get(id_)[form.changed.lower()] == f"Changed {number}"
        version = api.get(id_)["tm_update"]
        again = run(command, demo)
        assert "no longer at the version" in again.stdout + again.stderr
        assert api.get(id_)["tm_update"] == version
