"""Connections: what an exception of theirs may tell."""

import traceback

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from dialplane.store import tables
from dialplane.store.address import parse_address
from dialplane.store.engines import reader_engine, writer_engine

CANARY = "hunter2-canary"


def test_no_parameter_of_a_statement_that_fails_is_in_the_exceptions_text(migrated_url: str) -> None:
    for engine in (writer_engine(parse_address(migrated_url)), reader_engine(parse_address(migrated_url), 1)):
        try:
            with pytest.raises(DBAPIError) as failed, engine.connect() as connection:
                connection.execute(insert(tables.providers), [{"id": CANARY, "password": CANARY}])
            assert "NULL" in str(failed.value).upper() or "READ" in str(failed.value).upper()
            assert CANARY not in "".join(traceback.format_exception(failed.value))
        finally:
            engine.dispose()
