"""Keys to stored passwords that are gone, or are others: all else works, edges are fed, and what comes back is used."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dialplane.api.database import BOX_KEYS, opened_database, secrets_problem
from dialplane.settings import Settings
from dialplane.store.encryption import new_encryption_key
from tests.api.serving import Api, Caller, serving, settings_for
from tests.databases import KINDS, Server

STATES = ("gone", "others", "no keys")


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Those of a control plane with a provider and a trunk that have passwords."""
    source = "sqlite_folder" if request.param == "sqlite" else "postgresql_server"
    databases: Server = request.getfixturevalue(source)
    name = f"lost_secrets_{request.param}"
    settings = settings_for(tmp_path, url=databases.create(name, template="prepared"))
    with serving(settings) as api:
        api.admin.made("providers", type="sip", hostname="a.example", username="me", password="carrier secret")
        api.admin.made("trunks", username="pbx", password="trunk secret", auth_types=["basic"])
    yield settings
    databases.drop(name)


def lose(settings: Settings, state: str) -> str:
    """Take the keys away; they are answered."""
    file = settings.secrets_folder / BOX_KEYS
    keys = file.read_text()
    if state == "gone":
        for secret in settings.secrets_folder.iterdir():
            secret.unlink()
        settings.secrets_folder.rmdir()
    else:
        file.write_text(new_encryption_key() if state == "others" else "nonsense")
    return keys


def only(api: Api, collection: str) -> dict[str, Any]:
    (found,) = api.admin.get(f"/v1.0/{collection}").json()["result"]
    return dict(found)


def feed(caller: Caller, **known: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The head, and the records by kind, of a whole feed."""
    head, *items, end = map(json.loads, caller.get("/v1.0/feed", params=known).text.splitlines())
    assert end == {"end": head["revision"], "count": len(items)}
    return head, {item["kind"]: item["record"] for item in items}


@pytest.mark.parametrize("state", STATES)
def test_what_needs_no_password_works_and_the_edges_are_fed(settings: Settings, state: str) -> None:
    with serving(settings) as api:
        before, _ = feed(api.admin)
    lose(settings, state)
    with serving(settings) as api:
        assert (settings.secrets_folder / BOX_KEYS).exists() == (state != "gone")
        for collection in ("providers", "trunks"):
            path = f"/v1.0/{collection}/{only(api, collection)['id']}"
            assert api.admin.get(path).status_code == 200
            assert api.admin.put(path, {"name": "renamed"}).status_code == 200
        provider = f"/v1.0/providers/{only(api, 'providers')['id']}"
        assert api.admin.put(provider, {"hostname": "moved.example"}).status_code == 200
        assert api.admin.put(path, {"name": "renamed again"}).status_code == 200
        revision = api.admin.get("/v1.0/revisions").json()["result"][0]["number"]
        assert api.admin.get(f"/v1.0/revisions/{revision}").status_code == 200
        assert api.admin.post(f"/v1.0/revisions/{revision}/undo", {}).status_code == 200
        assert api.admin.put(path, {"name": "renamed"}).status_code == 200
        readiness = api.nobody.get("/readyz")
        assert (readiness.status_code, readiness.json()["status"]) == (200, "degraded")

        head, records = feed(api.admin)
        assert head["epoch"] != before["epoch"]
        assert (records["provider"]["name"], records["provider"]["password"]) == ("renamed", "")
        assert (records["trunk"]["name"], records["trunk"]["ha1"]) == ("renamed", "")
        api.admin.made("customers", name="new")
        changed, records = feed(api.admin, since=str(head["revision"]), epoch=head["epoch"], wait="5")
        assert (changed["full"], changed["epoch"], set(records)) == (False, head["epoch"], {"customer"})

        for collection in ("providers", "trunks"):
            assert api.admin.delete(f"/v1.0/{collection}/{only(api, collection)['id']}").status_code == 200


@pytest.mark.parametrize("state", STATES)
def test_keys_that_come_back_are_used_without_a_restart_and_edges_start_from_nothing(
    settings: Settings, state: str
) -> None:
    keys = lose(settings, state)
    with serving(settings) as api:
        provider = only(api, "providers")
        api.admin.put(f"/v1.0/providers/{provider['id']}", {"name": "renamed"})
        head, _ = feed(api.admin)
        (settings.secrets_folder / BOX_KEYS).write_text(keys)
        assert api.nobody.get("/readyz").json()["status"] == "ready"
        healed, records = feed(api.admin, since=str(head["revision"]), epoch=head["epoch"])
        assert (healed["full"], healed["epoch"] == head["epoch"]) == (True, False)
        assert (records["provider"]["name"], records["provider"]["password"]) == ("renamed", "carrier secret")
        assert records["trunk"]["ha1"] != ""


@pytest.mark.parametrize("state", STATES)
def test_an_edge_that_has_its_passwords_keeps_its_table(settings: Settings, state: str) -> None:
    with serving(settings) as api:
        before, _ = feed(api.admin)
    lose(settings, state)
    known = {"since": str(before["revision"]), "epoch": before["epoch"]}
    with serving(settings) as api:
        head, records = feed(api.admin, **known)
        assert (head["full"], head["epoch"], records) == (False, before["epoch"], {})


def test_a_new_password_can_be_stored_beside_those_of_lost_keys(settings: Settings) -> None:
    keys = lose(settings, "others")
    with serving(settings) as api:
        path = f"/v1.0/providers/{only(api, 'providers')['id']}"
        assert api.admin.put(path, {"password": "new secret"}).status_code == 200
        _, records = feed(api.admin)
        assert (records["provider"]["password"], records["trunk"]["ha1"]) == ("new secret", "")
        file = settings.secrets_folder / BOX_KEYS
        file.write_text(f"{file.read_text()}\n{keys}")
        _, records = feed(api.admin)
        assert records["provider"]["password"] == "new secret"
        assert records["trunk"]["ha1"] != ""


@pytest.mark.parametrize("state", ["gone", "no keys"])
def test_without_any_key_a_password_is_refused_and_all_else_is_taken(settings: Settings, state: str) -> None:
    lose(settings, state)
    with serving(settings) as api:
        path = f"/v1.0/providers/{only(api, 'providers')['id']}"
        refused = api.admin.put(path, {"password": "new secret"})
        assert (refused.status_code, refused.json()["error"]["reason"]) == (503, "SECRETS_MISSING")
        assert api.admin.put(path, {"detail": "works"}).status_code == 200


@pytest.mark.parametrize("state", STATES)
def test_the_start_says_what_is_missing_and_what_to_do(settings: Settings, state: str) -> None:
    async def problem() -> str:
        async with opened_database(settings) as db:
            return await secrets_problem(db)

    assert asyncio.run(problem()) == ""
    lose(settings, state)
    said = asyncio.run(problem())
    assert "2 of 2 stored passwords cannot be decrypted" in said
    assert "dialplane rotate-password-keys" in said
