"""Jobs: what takes long, with progress and a result; it can be cancelled, and says so if a restart has ended it."""

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from dialplane.api.jobs.schemas import progress_of
from dialplane.control import job_kinds, jobs
from dialplane.domain.job import Job
from dialplane.jobs.runner import MOST_OF_A_CALLER
from tests.api.serving import SYSTEM_DEFAULT, Api, Caller, serving, settings_for
from tests.api.world import World, make_world
from tests.waiting import eventually

ROUTES = 30
OVER = {"done", "failed", "cancelled", "interrupted"}


@pytest.fixture(scope="module")
def world(api: Api) -> World:
    return make_world(api)


def customer_with_routes(admin: Caller, *, count: int = ROUTES) -> str:
    customer: str = admin.made("customers", name="of jobs")["id"]
    provider = admin.made("providers", type="sip", hostname="sip.of-jobs.example")["id"]
    fields = {"customer_id": customer, "provider_id": provider, "priority": 1}
    changes = [
        {"action": "create", "kind": "route", "fields": {**fields, "target": f"+1{number}"}}
        for number in range(1, count + 1)
    ]
    assert admin.post("/v1.0/changes", {"changes": changes}).status_code == 200
    return customer


def start(admin: Caller, **parameters: Any) -> dict[str, Any]:
    answer = admin.post("/v1.0/jobs", {"kind": "routes.change", "parameters": parameters})
    assert answer.status_code == 200, answer.text
    job: dict[str, Any] = answer.json()
    return job


def finished(admin: Caller, job: dict[str, Any]) -> dict[str, Any]:
    def look() -> Any:
        seen = admin.get(f"/v1.0/jobs/{job['id']}").json()
        return seen if seen["state"] in OVER else None

    return dict(eventually(look, within_s=30, what="the job is over"))


def priorities(admin: Caller, customer: str) -> set[int]:
    listed = admin.get("/v1.0/routes", params={"customer_id": customer}).json()["result"]
    return {route["priority"] for route in listed}


@pytest.mark.parametrize(
    ("done", "total", "percent", "eta_s"),
    [
        (0, None, None, None),
        (0, 400, 0.0, None),
        (100, 400, 25.0, 30.0),
        (400, 400, 100.0, 0.0),
        (401, 400, 100.0, 0.0),
    ],
)
def test_a_job_tells_how_far_it_is_and_how_long_it_will_take(
    done: int, total: int | None, percent: float | None, eta_s: float | None
) -> None:
    """It has gone on for ten seconds."""
    job = Job(
        id="1", kind="routes.change", parameters={}, node="n", actor_kind="agent", actor_id="2", actor_name="dana",
        done=done, total=total, tm_create=0, tm_start=1_000_000,
    )  # fmt: skip
    assert progress_of(job, now=11_000_000) == {"done": done, "total": total, "percent": percent, "eta_s": eta_s}


def test_all_that_match_are_changed_as_one_revision_that_can_be_undone(api: Api) -> None:
    admin = api.admin
    customer = customer_with_routes(admin)
    job = start(admin, filters=f"customer_id={customer}&target_prefix=%2B11", action="update", fields={"priority": 7})
    assert (job["state"], job["progress"]["done"]) == ("queued", 0)
    done = finished(admin, job)
    assert (done["state"], done["error"]) == ("done", None)
    assert done["result"] == {"matched": 11, "changed": 11, "revision": done["result"]["revision"]}
    assert done["progress"] == {"done": 11, "total": 11, "percent": 100.0, "eta_s": None}
    assert priorities(admin, customer) == {1, 7}
    again = finished(
        admin, start(admin, filters=f"customer_id={customer}&priority=7", action="update", fields={"priority": 7})
    )
    assert again["result"] == {"matched": 11, "changed": 0, "revision": None}
    revision = admin.get(f"/v1.0/revisions/{done['result']['revision']}").json()
    assert (revision["operation"], revision["change_count"]) == ("job.change_routes", 11)
    assert admin.post(f"/v1.0/revisions/{revision['number']}/undo", {}).status_code == 200
    assert priorities(admin, customer) == {1}


def test_a_rehearsal_changes_nothing_and_a_delete_deletes(api: Api) -> None:
    admin = api.admin
    customer = customer_with_routes(admin)
    filters = f"customer_id={customer}"
    rehearsed = finished(admin, start(admin, filters=filters, action="delete", dry_run=True))
    shown = rehearsed["result"].pop("changes")
    assert rehearsed["result"] == {"matched": ROUTES, "changed": ROUTES, "revision": None}
    assert [(one["action"], one["identity"]["target"]) for one in shown] == [
        ("deleted", f"+1{number}") for number in range(1, ROUTES + 1)
    ]
    assert len(admin.get("/v1.0/routes", params={"customer_id": customer}).json()["result"]) == ROUTES
    assert finished(admin, start(admin, filters=filters, action="delete"))["result"]["changed"] == ROUTES
    assert admin.get("/v1.0/routes", params={"customer_id": customer}).json()["result"] == []


def test_priorities_are_shifted_as_one_revision_and_none_beyond_what_there_may_be(api: Api) -> None:
    admin = api.admin
    customer = customer_with_routes(admin)
    one, other, *_ = admin.get("/v1.0/routes", params={"customer_id": customer}).json()["result"]
    assert admin.put(f"/v1.0/routes/{one['id']}", {"priority": 9}).status_code == 200
    filters = f"id={one['id']},{other['id']}"
    done = finished(admin, start(admin, filters=filters, action="shift", by=3))
    assert (done["result"]["matched"], done["result"]["changed"]) == (2, 2)
    found = admin.get("/v1.0/routes", params={"id": f"{one['id']},{other['id']}"}).json()["result"]
    assert {route["id"]: route["priority"] for route in found} == {one["id"]: 12, other["id"]: 4}
    refused = finished(admin, start(admin, filters=filters, action="shift", by=-5))
    assert refused["state"] == "failed"
    assert f"a route to {other['target']} has 4" in refused["error"]["message"]
    assert admin.post(f"/v1.0/revisions/{done['result']['revision']}/undo", {}).status_code == 200
    assert priorities(admin, customer) == {1, 9}


def test_routes_are_moved_to_another_customer_in_their_order_and_back_by_undo(api: Api) -> None:
    admin = api.admin
    customer, other = customer_with_routes(admin), admin.made("customers", name="moved to")["id"]
    before = listed(admin, customer)
    assert admin.put(f"/v1.0/routes/{before[0]['id']}", {"weight": 7, "enabled": False}).status_code == 200
    before = listed(admin, customer)
    filters = f"filter={before[0]['target']}&customer_id={customer}".replace("+", "%2B")
    one = finished(admin, start(admin, filters=filters, action="move", customer_id=other, dry_run=True))["result"]
    assert {change["action"] for change in one["changes"]} == {"created", "deleted"}
    done = finished(admin, start(admin, filters=f"customer_id={customer}", action="move", customer_id=other))
    assert (done["result"]["matched"], done["result"]["changed"]) == (ROUTES, ROUTES)
    assert listed(admin, customer) == []
    moved = listed(admin, other)
    own = ("id", "customer_id", "tm_create", "tm_update")
    assert [without(route, *own) for route in moved] == [without(route, *own) for route in before]
    assert {route["id"] for route in moved}.isdisjoint(route["id"] for route in before)
    again = finished(admin, start(admin, filters=f"customer_id={other}", action="move", customer_id=other))
    assert (again["result"]["matched"], again["result"]["changed"]) == (ROUTES, 0)
    assert admin.post(f"/v1.0/revisions/{done['result']['revision']}/undo", {}).status_code == 200
    assert [without(route, "tm_update") for route in listed(admin, customer)] == [
        without(route, "tm_update") for route in before
    ]
    assert listed(admin, other) == []
    nobody = "4dbeabd6-f397-4375-95d2-a38411e07ed1"
    failed = finished(admin, start(admin, filters=f"customer_id={customer}", action="move", customer_id=nobody))
    assert (failed["state"], failed["error"]["reason"]) == ("failed", "CUSTOMER_NOT_FOUND")


def listed(admin: Caller, customer: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = admin.get("/v1.0/routes", params={"customer_id": customer}).json()["result"]
    return found


def without(route: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in route.items() if name not in names}


def test_a_job_that_fails_says_why_and_leaves_nothing(api: Api) -> None:
    admin = api.admin
    customer = customer_with_routes(admin)
    nowhere = "4dbeabd6-f397-4375-95d2-a38411e07ed1"
    job = start(
        admin, filters=f"customer_id={customer}", action="update", fields={"provider_id": nowhere, "priority": 9}
    )
    failed = finished(admin, job)
    assert (failed["state"], failed["error"]["reason"]) == ("failed", "PROVIDER_NOT_FOUND")
    elsewhere = {"customer_id": SYSTEM_DEFAULT, "priority": 9}
    moved = finished(admin, start(admin, filters=f"customer_id={customer}", action="update", fields=elsewhere))
    assert (moved["state"], moved["error"]["reason"]) == ("failed", "INVALID_ARGUMENT")
    assert "customer_id" in moved["error"]["message"]
    assert priorities(admin, customer) == {1}


def test_a_job_is_cancelled_and_nothing_of_it_is_kept(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_kinds, "AT_ONCE", 1)
    admin = api.admin
    customer = customer_with_routes(admin, count=900)
    job = start(admin, filters=f"customer_id={customer}", action="update", fields={"priority": 5})

    def has_begun() -> bool:
        return bool(admin.get(f"/v1.0/jobs/{job['id']}").json()["progress"]["done"])

    eventually(has_begun, within_s=20, what="it has changed something")
    going_on = admin.get(f"/v1.0/jobs/{job['id']}").json()
    assert going_on["progress"]["total"] == 900
    assert going_on["progress"]["eta_s"] is not None
    cancelled = admin.post(f"/v1.0/jobs/{job['id']}/cancel", {}).json()
    assert (cancelled["state"], cancelled["error"]["reason"]) == ("cancelled", "CANCELLED")
    assert cancelled["progress"]["done"] < 900
    assert priorities(admin, customer) == {1}
    assert finished(admin, job)["state"] == "cancelled"
    assert admin.post(f"/v1.0/jobs/{job['id']}/cancel", {}).json()["state"] == "cancelled"


def test_a_caller_has_so_many_jobs_and_gets_their_slots_back(sqlite_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    work = job_kinds.ChangeRoutes.__call__

    async def when_it_may(*arguments: Any) -> Any:
        await asyncio.to_thread(goes_on.wait, 30)
        return await work(*arguments)

    monkeypatch.setattr(job_kinds.ChangeRoutes, "__call__", when_it_may)
    other = sqlite_api.caller_with("project_super_admin", SYSTEM_DEFAULT)
    begun = [start(sqlite_api.admin, filters="target=%2B999", action="delete") for _ in range(MOST_OF_A_CALLER)]
    wanted = {"kind": "routes.change", "parameters": {"filters": "target=%2B999", "action": "delete"}}
    refused = sqlite_api.admin.post("/v1.0/jobs", wanted)
    assert (refused.status_code, refused.json()["error"]["reason"]) == (503, "OVERLOADED")
    begun.append(start(other, filters="target=%2B999", action="delete"))
    goes_on.set()
    assert {finished(sqlite_api.admin, job)["state"] for job in begun} == {"done"}
    assert sqlite_api.admin.post("/v1.0/jobs", wanted).status_code == 200


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_job_that_a_restart_has_ended_says_so(
    prepared_file: Path, tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_kinds, "AT_ONCE", 1)
    settings = settings_for(tmp_path, database=prepared_file)
    with serving(settings) as api:
        customer = customer_with_routes(api.admin, count=900)
        job = start(api.admin, filters=f"customer_id={customer}", action="update", fields={"priority": 5})
        eventually(lambda: finishes_not(api.admin, job) == "running", within_s=20, what="it goes on")
    if how == "killed":
        with sqlite3.connect(settings.database_file) as database:
            database.execute("UPDATE jobs SET state = 'running', error = NULL, tm_end = NULL")
        database.close()
    with serving(settings) as api:
        seen = api.admin.get(f"/v1.0/jobs/{job['id']}").json()
        assert (seen["state"], seen["error"]) == ("interrupted", jobs.INTERRUPTED)
        assert priorities(api.admin, customer) == {1}


def finishes_not(admin: Caller, job: dict[str, Any]) -> str:
    state: str = admin.get(f"/v1.0/jobs/{job['id']}").json()["state"]
    return state


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"action": "delete"}, "filters"),
        ({"filters": "", "action": "delete"}, "filters"),
        ({"filters": "q=", "action": "delete"}, "filters"),
        ({"filters": "provider_id=", "action": "delete"}, "provider_id"),
        ({"filters": "sort=target", "action": "delete"}, "filters"),
        ({"filters": "target=%2B1&page_size=1", "action": "delete"}, "filters"),
        ({"filters": "nonsense=1", "action": "delete"}, "nonsense"),
        ({"filters": "target=%2B1", "action": "create"}, "action"),
        ({"filters": "target=%2B1", "action": "update"}, "fields"),
        ({"filters": "target=%2B1", "action": "delete", "fields": {"priority": 1}}, "fields"),
        ({"filters": "target=%2B1", "action": "update", "fields": {"priority": -1}}, "priority"),
        ({"filters": "target=%2B1", "action": "shift"}, "by"),
        ({"filters": "target=%2B1", "action": "shift", "by": 0}, "by"),
        ({"filters": "target=%2B1", "action": "delete", "by": 1}, "by"),
        ({"filters": "target=%2B1", "action": "move"}, "customer_id"),
        ({"filters": "id=all", "action": "delete"}, "id"),
        ({"filters": "target=%2B1", "action": "update", "fields": {"colour": "red"}}, "colour"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_refused_at_once(sqlite_api: Api, parameters: dict[str, Any], field: str) -> None:
    answer = sqlite_api.admin.post("/v1.0/jobs", {"kind": "routes.change", "parameters": parameters})
    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (400, field)


def test_jobs_are_listed_the_newest_first_and_kept_for_a_day(world: World) -> None:
    older, newer = (
        finished(world.api.admin, start(world.api.admin, filters="target=%2B999", action="delete")) for _ in range(2)
    )
    listed = world.api.admin.get("/v1.0/jobs", params={"page_size": "2"}).json()["result"]
    assert [job["id"] for job in listed] == [newer["id"], older["id"]]
    assert jobs.KEPT_US == 86_400_000_000
