"""Routes as rows of a spreadsheet: each row is new, changed, the same, or refused with its reason; all are one
revision, and what is exported says the same when it is brought back."""

import csv
import io
import threading
from typing import Any

import pytest

from dialplane.control.sheets import COLUMNS
from tests.api.serving import SYSTEM_DEFAULT, Api, Caller
from tests.api.world import World, make_world

HEAD = "customer\ttarget\tprovider\tpriority\tweight\tvalid_until\tname\n"


@pytest.fixture(scope="module")
def world(api: Api) -> World:
    for name in ("Alpha of sheets", "Bravo of sheets"):
        api.admin.made("providers", type="sip", hostname="sip.sheets.example", name=name)
    for _ in range(2):
        api.admin.made("providers", type="sip", hostname="sip.sheets.example", name="Twins")
    return make_world(api)


@pytest.fixture
def customer(world: World) -> str:
    """The name of a customer without routes."""
    name = f"Sheets {threading.get_native_id()} {len(world.api.admin.get('/v1.0/customers').json()['result'])}"
    world.api.admin.made("customers", name=name)
    return name


def send(admin: Caller, text: str, **more: Any) -> dict[str, Any]:
    answer = admin.post("/v1.0/sheet", {"text": text, **more})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def by_line(said: dict[str, Any]) -> dict[int, tuple[str, str]]:
    return {row["line"]: (row["verdict"], "; ".join(row["reasons"])) for row in sorted(said["rows"], key=line_of)}


def line_of(row: dict[str, Any]) -> int:
    return int(row["line"])


def routes_of(admin: Caller, customer: str) -> dict[str, dict[str, Any]]:
    found = admin.get("/v1.0/routes", params={"filter": f'customer:"{customer}"'}).json()["result"]
    return {route["target"]: route for route in found}


def test_rows_are_looked_at_first_and_then_one_revision(world: World, customer: str) -> None:
    admin = world.api.admin
    first = (
        f"{HEAD}{customer}\t+821\tAlpha of sheets\t1\t70\t2032-01-31 08:30\t=hi\n{customer}\t822\tbravo of SHEETS\t2\n"
    )
    looked = send(admin, first, dry_run=True)
    assert by_line(looked) == {2: ("new", ""), 3: ("new", "")}
    assert (looked["revision"], looked["counts"]) == (None, {"new": 2, "changed": 0, "same": 0, "refused": 0})
    assert routes_of(admin, customer) == {}
    send(admin, first, plan=looked["plan"])
    made = routes_of(admin, customer)
    assert made["+821"]["weight"] == 70
    assert (made["+821"]["valid_until"], made["+821"]["name"]) == ("2032-01-31 08:30:00.000000", "=hi")
    assert made["+822"]["priority"] == 2
    second = f"{HEAD}{customer}\t+821\tAlpha of sheets\t5\t\t\t=hi\n{customer}\t+822\tBravo of sheets\t2\n"
    looked = send(admin, second, dry_run=True)
    assert by_line(looked) == {2: ("changed", ""), 3: ("same", "")}
    fields = {one["field"]: (one["before"], one["after"]) for one in looked["rows"][0]["change"]["fields"]}
    assert (fields["priority"], fields["weight"]) == ((1, 5), (70, None))
    again = send(admin, second)
    assert {route["id"] for route in routes_of(admin, customer).values()} == {route["id"] for route in made.values()}
    revision = admin.get(f"/v1.0/revisions/{again['revision']}").json()
    assert (revision["operation"], revision["change_count"]) == ("changes.apply", 1)
    assert admin.post(f"/v1.0/revisions/{again['revision']}/undo", {}).status_code == 200
    assert routes_of(admin, customer)["+821"]["priority"] == 1


def test_each_row_that_is_refused_says_why(world: World, customer: str) -> None:
    admin = world.api.admin
    send(admin, f"{customer},+1,Alpha of sheets,1")
    provider = routes_of(admin, customer)["+1"]["provider_id"]
    twice = {"customer_id": routes_of(admin, customer)["+1"]["customer_id"], "provider_id": provider, "target": "+2"}
    for priority in (1, 2):
        admin.made("routes", **twice, priority=priority)
    rows = {
        f"{customer}\t+3\tAlfa of sheets\t1": "provider: must be the name of a provider that there is: "
        "Alpha of sheets is near it",
        f"{customer}\t+3\tTwins\t1": "provider: must be an id: 2 providers have this name",
        f"nobody at all\t+3\t{provider}\tmany": "customer: must be the name of a customer that there is; "
        "priority: must be a number in decimal digits",
        f"{customer}\t0044\tAlpha of sheets\t1": "target: must be 'all', or '+' and 1 to 15 digits of which the first "
        "is not 0",
        f"{customer}\t+3\tAlpha of sheets": "priority: must be there for a new route",
        f"{customer}\t+3\tAlpha of sheets\t1\t0": "weight: must be an integer from 1 to 65535",
        f"{customer}\t+3\tAlpha of sheets\t1\t\t31/01/2032": "valid_until: must be UTC, like 2032-01-31 or "
        "2032-01-31 08:30",
        f"{customer}\t+2\tAlpha of sheets\t1": "id: must be there: 2 routes are of this customer to this target and "
        "provider",
        f"{customer}\t+1\tAlpha of sheets\t1\t\t\tx\ty": "has more cells than the 7 columns",
        f"{customer}\t+4\tAlpha of sheets\t1\t\t1999-01-01": "",
        f"{customer}\t+4\t{provider}\t2": "is about the same route as line 11",
    }
    said = by_line(send(admin, HEAD + "\n".join(rows), dry_run=True))
    assert dict(zip(rows, (reason for _, reason in said.values()), strict=True)) == rows
    answer = admin.post("/v1.0/sheet", {"text": HEAD + "\n".join(rows)})
    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (400, "line 2")
    assert len(routes_of(admin, customer)) == 2
    done = send(admin, HEAD + "\n".join(rows), leave_out=True)
    assert done["counts"] == {"new": 1, "changed": 0, "same": 0, "refused": 10}
    assert set(routes_of(admin, customer)) == {"+1", "+2", "+4"}


def test_what_would_become_of_rows_by_now_is_not_done_if_it_is_something_else(world: World, customer: str) -> None:
    admin = world.api.admin
    row = f"{customer};+1;Alpha of sheets;1"
    plan = send(admin, row, dry_run=True)["plan"]
    assert send(admin, row, dry_run=True)["plan"] == plan
    send(admin, row)
    answer = admin.post("/v1.0/sheet", {"text": row, "plan": plan})
    assert (answer.status_code, answer.json()["error"]["reason"]) == (412, "VERSION_MISMATCH")


@pytest.mark.parametrize(
    "text", ["", "target,colour\n+1,red", "target,target\n+1,+2", "x" * 4_000_001, "id", "target\n" + "+1\n" * 5_001]
)
def test_text_without_rows_or_with_other_columns_is_refused(sqlite_api: Api, text: str) -> None:
    answer = sqlite_api.admin.post("/v1.0/sheet", {"text": text, "dry_run": True})
    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (400, "text")


def test_what_is_exported_says_the_same_when_it_is_brought_back(world: World, customer: str) -> None:
    admin = world.api.admin
    send(admin, f"{HEAD}{customer}\t+1\tAlpha of sheets\t1\t3\t2032-01-31\t '=x \n{customer}\tall\tBravo of sheets\t9")
    made = routes_of(admin, customer)
    twin = next(one for one in admin.get("/v1.0/providers").json()["result"] if one["name"] == "Twins")["id"]
    changed = {"provider_id": twin, "detail": "two\nlines, and a 'quote\"", "enabled": False, "name": " @ "}
    assert admin.put(f"/v1.0/routes/{made['all']['id']}", changed).status_code == 200
    answer = admin.get("/v1.0/sheet", params={"filter": f'customer:"{customer}"'})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="routes.csv"'
    text = answer.content.decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    assert head == list(COLUMNS)
    shown = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(one["target"], one["provider"], one["enabled"]) for one in shown] == [
        ("+1", "Alpha of sheets", "yes"),
        ("all", twin, "no"),
    ]
    assert shown[0]["valid_until"] == "2032-01-31"
    back = send(admin, answer.content.decode(), dry_run=True)
    assert by_line(back) == {2: ("same", ""), 3: ("same", "")}
    edited = send(admin, text.replace("+1,", "+12,").replace(",9,", ",8,"))
    assert edited["counts"] == {"new": 0, "changed": 2, "same": 0, "refused": 0}
    assert {target: route["id"] for target, route in routes_of(admin, customer).items()} == {
        "+12": made["+1"]["id"],
        "all": made["all"]["id"],
    }
    only = admin.get("/v1.0/sheet", params={"id": made["all"]["id"]}).content.decode("utf-8-sig")
    assert [row[1] for row in csv.reader(io.StringIO(only, newline=""))] == ["target", "all"]


def test_customers_export_their_own_routes_without_the_names_of_carriers(world: World) -> None:
    manager = world.callers["customer_manager"]
    head, *rows = csv.reader(io.StringIO(manager.get("/v1.0/sheet").content.decode("utf-8-sig"), newline=""))
    shown = [dict(zip(head, row, strict=True)) for row in rows]
    assert {one["customer"] for one in shown} <= {"own", world.own["customers"]}
    assert {one["provider"] for one in shown} == {world.own["providers"]}
    assert SYSTEM_DEFAULT not in {one["customer"] for one in shown}
    assert manager.post("/v1.0/sheet", {"text": "target\n+1"}).status_code == 403
