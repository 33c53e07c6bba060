"""One API per database and test process; tests make their own objects in it."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dialplane.api.metrics import registry
from tests.api.serving import Api, Caller, serving, settings_for
from tests.databases import KINDS, Server

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def metrics_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has just happened is in the metrics at once."""
    monkeypatch.setattr(registry, "KEPT_S", 0.0)


@pytest.fixture(scope="session", params=KINDS)
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A running API, once on SQLite and once on PostgreSQL."""
    source = "sqlite_folder" if request.param == "sqlite" else "postgresql_server"
    databases: Server = request.getfixturevalue(source)
    with (
        databases.lent("prepared") as url,
        serving(settings_for(tmp_path_factory.mktemp("api"), url=url)) as running,
    ):
        yield running


@pytest.fixture(scope="session")
def sqlite_api(prepared_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A running API on SQLite in its own data folder, for what does not depend on the database."""
    with serving(settings_for(tmp_path_factory.mktemp("sqlite-api"), database=prepared_file)) as running:
        yield running


@pytest.fixture
def admin(api: Api) -> Caller:
    return api.admin


@pytest.fixture
def make_provider(admin: Caller) -> Callable[..., dict[str, Any]]:
    """Makes a provider; fields may be given."""

    def make(**fields: Any) -> dict[str, Any]:
        number = next(_numbers)
        return admin.made("providers", **{"type": "sip", "hostname": f"sip{number}.carrier.example", **fields})

    return make


@pytest.fixture
def provider(make_provider: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return make_provider()


@pytest.fixture
def customer(admin: Caller) -> dict[str, Any]:
    return admin.made("customers", name=f"Customer {next(_numbers)}")
