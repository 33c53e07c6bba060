"""The demo's switches and its account of calls: of a demo alone, for its own machine and platform."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialplane.domain.demo import MEANINGS, METADATA, OUTAGE_S
from tests.api.serving import Api, serving, settings_for
from tests.api.test_browser_sessions import ELSEWHERE

CALLS = {
    "placed": 9, "in_progress": 2, "answered": 5, "not_wanted": 1, "nobody_left": 0, "waiting": 1, "lost": 0,
    "lost_calls": [], "outage": {"calls": 4, "arrived": 3},
}  # fmt: skip


@pytest.fixture
def demo(prepared_file: Path, tmp_path: Path) -> Iterator[Api]:
    with serving(settings_for(tmp_path, database=prepared_file, demo=True)) as api:
        yield api


@pytest.fixture
def bravo(demo: Api) -> str:
    """A carrier of the demo, beside a provider of somebody else's."""
    demo.admin.made("providers", type="sip", hostname="sip.other.example")
    made = demo.admin.made(
        "providers", type="sip", hostname="127.0.0.1:5071", name="Bravo", detail="rings", metadata={METADATA: "bravo"}
    )
    return str(made["id"])


def test_it_shows_the_carriers_and_what_is_counted(demo: Api, bravo: str) -> None:
    demo.settings.folder.demo_calls.write_text(json.dumps(CALLS))
    shown = demo.admin.get("/v1.0/demo").json()
    assert shown["carriers"] == [
        {"provider_id": bravo, "name": "Bravo", "character": "rings", "switch": "answers"},
    ]
    assert [one["switch"] for one in shown["positions"]] == list(MEANINGS)
    assert {one["counter"]: one["count"] for one in shown["counted"]}["placed"] == 9
    assert all(one["meaning"] for one in shown["counted"])
    assert (shown["outage"]["calls"], shown["outage"]["arrived"]) == (4, 3)


def test_a_switch_is_set_and_stays(demo: Api, bravo: str) -> None:
    set_ = demo.admin.put(f"/v1.0/demo/{bravo}", {"switch": "silent"})
    assert (set_.status_code, set_.json()["switch"]) == (200, "silent")
    assert json.loads(demo.settings.folder.demo_switches.read_text()) == {"bravo": "silent"}
    assert demo.admin.get("/v1.0/demo").json()["carriers"][0]["switch"] == "silent"
    assert demo.admin.put(f"/v1.0/demo/{bravo}", {"switch": "explodes"}).status_code == 400


def test_a_provider_of_somebody_elses_has_no_switch(demo: Api, bravo: str) -> None:
    [other] = [one for one in demo.admin.get("/v1.0/providers").json()["result"] if one["id"] != bravo]
    refused = demo.admin.put(f"/v1.0/demo/{other['id']}", {"switch": "gone"})
    assert (refused.status_code, refused.json()["error"]["reason"]) == (404, "PROVIDER_NOT_FOUND")


def test_the_plug_is_pulled_by_a_file_that_the_supervisor_reads(demo: Api) -> None:
    answer = demo.admin.post("/v1.0/demo/outage")
    assert (answer.status_code, answer.json()["for_s"]) == (200, OUTAGE_S)
    assert json.loads(demo.settings.folder.demo_outage.read_text())["for_s"] == OUTAGE_S


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_it_is_for_this_machine_alone(demo: Api, headers: dict[str, str]) -> None:
    assert demo.admin.get("/v1.0/demo", headers=headers).status_code == 404
    assert demo.admin.post("/v1.0/demo/outage", headers=headers).status_code == 404
    assert not demo.settings.folder.demo_outage.exists()


def test_what_a_customers_admin_may_do_is_not_this(demo: Api) -> None:
    customer = demo.admin.made("customers", name="customer")
    caller = demo.caller_with("customer_admin", customer["id"])
    assert caller.get("/v1.0/demo").status_code == 403
    assert "demo.get" not in caller.get("/v1.0/me").json()["operations"]


def test_where_there_is_no_demo_there_is_nothing_of_it(sqlite_api: Api, demo: Api) -> None:
    assert sqlite_api.admin.get("/v1.0/demo").status_code == 404
    assert "demo.get" not in sqlite_api.admin.get("/v1.0/me").json()["operations"]
    assert "demo.get" in demo.admin.get("/v1.0/me").json()["operations"]
    assert "/v1.0/demo" not in sqlite_api.admin.get("/openapi.json").json()["paths"]
    assert "/v1.0/demo" in demo.admin.get("/openapi.json").json()["paths"]
