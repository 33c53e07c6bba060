"""What tests rely on: a database that another test has used is as its template is."""

import psycopg
import pytest
from psycopg.errors import AdminShutdown

from tests.databases import Server
from tests.postgresql import PostgresqlServer

ROWS = "SELECT c.id, a.username, r.number FROM customers c, agents a, revisions r ORDER BY 1, 2, 3"


def rows(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(ROWS).fetchall()


def test_what_a_test_has_written_is_gone_and_what_it_has_deleted_is_back(postgresql_server: PostgresqlServer) -> None:
    server: Server = postgresql_server
    with server.lent("prepared") as url:
        before = rows(url)
        with psycopg.connect(url) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("DELETE FROM agents")
            connection.execute("UPDATE customers SET id = 'x'")
        assert rows(url) == []
    with server.lent("prepared") as again:
        assert again == url
        assert rows(again) == before != []


def test_many_rows_that_a_test_has_written_are_gone_too(postgresql_server: PostgresqlServer) -> None:
    many = """INSERT INTO agents
              SELECT (jsonb_populate_record(one, jsonb_build_object('id', n, 'username', n, 'tm_create', n))).*
              FROM agents AS one, generate_series(1, 2000) AS n WHERE id = (SELECT min(id) FROM agents)"""
    with postgresql_server.lent("prepared") as url:
        before = rows(url)
        with psycopg.connect(url) as connection:
            connection.execute(many)
        assert len(rows(url)) > 2_000
    with postgresql_server.lent("prepared") as again:
        assert again == url
        assert rows(again) == before


def test_a_connection_that_a_test_leaves_open_is_ended(postgresql_server: PostgresqlServer) -> None:
    with postgresql_server.lent("prepared") as url:
        left = psycopg.connect(url)
        left.execute("DELETE FROM agents")
    with pytest.raises(AdminShutdown):
        left.execute("SELECT 1")
    left.close()
    with postgresql_server.lent("prepared") as again:
        assert rows(again) != []


@pytest.mark.parametrize(
    "change", ["ALTER TABLE customers ADD COLUMN more text", "DROP TABLE agents CASCADE", "CREATE TABLE more ()"]
)
def test_a_database_with_another_schema_is_used_no_more(postgresql_server: PostgresqlServer, change: str) -> None:
    with postgresql_server.lent("prepared") as url, psycopg.connect(url) as connection:
        connection.execute(change)
    with postgresql_server.lent("prepared") as other:
        assert other != url
