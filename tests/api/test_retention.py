"""Retention and erasure over HTTP: the job deletes and shows what is there; a person's calls go on request."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from dialplane.control import erasure
from dialplane.domain.instants import DAY_US
from dialplane.jobs import retention, supervisor
from dialplane.store.address import sqlite_url
from dialplane.system import clock
from tests.api.serving import Api, serving, settings_for
from tests.api.test_edges_endpoint import report
from tests.api.test_monitoring import metric
from tests.waiting import eventually


@pytest.fixture
def own_api(prepared_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """An API that keeps calls for a day, and looks often."""
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_S", 0.1)  # a round that took long on a busy machine
    monkeypatch.setattr(retention, "EVERY_S", 0.1)
    monkeypatch.setattr(clock, "STEADY_S", 0.0)  # this machine's clock is believed at once
    settings = settings_for(tmp_path, database=prepared_file, keep_calls_days=1, keep_revisions_days=1)
    with serving(settings) as running:
        yield running


def call_of(api: Api, *, number: str, caller: str = "+4930") -> str:
    call = str(uuid.uuid4())
    report(api, "edge-1", "call_rejected", call=call, number=number, source=caller, status=404, reason="no_route")
    return call


def calls(api: Api, **filters: str) -> list[str]:
    return [call["id"] for call in api.admin.get("/v1.0/calls", params=filters).json()["result"]]


def test_old_records_are_deleted_and_the_rest_is_shown(own_api: Api, tmp_path: Path) -> None:
    old, young = call_of(own_api, number="+8210"), call_of(own_api, number="+8210")
    provider = own_api.admin.made("providers", type="sip", hostname="a.example")["id"]
    number = own_api.admin.get("/v1.0/revisions", params={"object_id": provider}).json()["result"][0]["number"]
    two_days_ago = time.time_ns() // 1_000 - 2 * DAY_US
    engine = create_engine(sqlite_url(next(tmp_path.rglob("*dialplane.db"))))
    with engine.begin() as connection:
        connection.execute(text("UPDATE calls SET tm_create = :at WHERE id = :id"), {"at": two_days_ago, "id": old})
        connection.execute(
            text("UPDATE revisions SET instant = :at WHERE number = :n"), {"at": two_days_ago, "n": number}
        )
    engine.dispose()

    eventually(lambda: calls(own_api) == [young], what="the old call is deleted")
    eventually(lambda: metric(own_api, "dialplane_retention_deleted_total", kind="calls") == 1)
    eventually(lambda: metric(own_api, "dialplane_oldest_record_seconds", kind="calls") > time.time() - 600)
    assert metric(own_api, "dialplane_database_bytes") > 100_000
    assert metric(own_api, "dialplane_disk_free_bytes") > 0

    def revision() -> Any:
        return own_api.admin.get(f"/v1.0/revisions/{number}").json()

    eventually(lambda: revision().get("contents_deleted"), what="the contents are deleted")
    assert (revision()["changes"], revision()["change_count"], "next_after" in revision()) == ([], 1, False)
    refused = own_api.admin.post(f"/v1.0/revisions/{number}/undo")
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        409,
        "What this revision changed is kept no longer, so it cannot be undone.",
    )


def test_a_persons_calls_are_erased(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "AT_ONCE", 2)
    number, caller = f"+82{uuid.uuid4().int % 10**10}", f"caller {uuid.uuid4()}"
    called = [call_of(api, number=number) for _ in range(5)]
    calling = call_of(api, number="+8210", caller=caller)
    assert calls(api, number=number) == called[::-1]
    assert calls(api, caller=caller) == [calling]

    answer = api.admin.post("/v1.0/calls/erasures", {"number": number})
    assert (answer.status_code, answer.json()) == (200, {"erased": 5, "complete": True})
    assert api.admin.post("/v1.0/calls/erasures", {"caller": caller}).json() == {"erased": 1, "complete": True}
    assert calls(api, number=number) == calls(api, caller=caller) == []
    latest = api.admin.get("/v1.0/revisions", params={"page_size": "1"}).json()["result"][0]
    assert (latest["operation"], latest["change_count"]) == ("call.erase", 1)


@pytest.mark.parametrize("body", [{}, {"number": "49"}, {"number": None, "caller": None}])
def test_without_a_person_nothing_is_erased(api: Api, body: dict[str, Any]) -> None:
    assert api.admin.post("/v1.0/calls/erasures", body).status_code == 400


def test_more_calls_than_a_request_has_time_for_are_for_the_next_one(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "AT_ONCE", 1)
    monkeypatch.setattr("dialplane.api.calls.endpoints.ERASING_S", -1.0)
    number = f"+82{uuid.uuid4().int % 10**10}"
    call_of(api, number=number)
    assert api.admin.post("/v1.0/calls/erasures", {"number": number}).json() == {"erased": 0, "complete": False}
