"""Database URLs as operators write them."""

from pathlib import Path

import pytest

from dialplane.store.address import parse_address, sqlite_url


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///dialplane.db", "sqlite+pysqlite"),
        ("sqlite+aiosqlite:////var/lib/dialplane/dialplane.db", "sqlite+pysqlite"),
        ("postgresql://dialplane:pw@db.example/dialplane", "postgresql+psycopg"),
        ("postgres://db.example/dialplane", "postgresql+psycopg"),
    ],
)
def test_both_databases_are_known_by_their_usual_urls(url: str, driver: str) -> None:
    assert parse_address(url).drivername == driver


@pytest.mark.parametrize(
    "url", ["", "dialplane.db", "sqlite://", "sqlite:///:memory:", "mysql://u:hunter2@h/d", "x:y:z"]
)
def test_other_urls_are_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"database|SQLite") as refused:
        parse_address(url)
    assert "hunter2" not in str(refused.value)


def test_a_file_with_odd_characters_has_a_url_that_leads_back_to_it() -> None:
    file = Path("/srv/my data/100%/d?b#1.db")
    assert parse_address(sqlite_url(file)).database == str(file)
