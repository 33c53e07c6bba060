"""Two API processes on one PostgreSQL: what one writes the other reads at once, and tells its edges of."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.api_process import running
from tests.api.serving import Callers, settings_for
from tests.postgresql import PostgresqlServer

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def nodes(
    postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Callers, Callers]]:
    """Two processes that share the database and the secrets."""
    url = postgresql_server.create("two_nodes", template="prepared")
    folder: Path = tmp_path_factory.mktemp("two-nodes")
    settings_for(folder / "data")
    with ExitStack() as stack:
        http = stack.enter_context(httpx2.Client())
        started = [
            stack.enter_context(running(folder / "data", folder / f"output{n}", database_url=url)) for n in range(2)
        ]
        first, second = (Callers(node.base_url, http) for node in started)
        yield first, second
    postgresql_server.drop("two_nodes")


def test_what_one_node_writes_the_other_reads_at_once(nodes: tuple[Callers, Callers]) -> None:
    first, second = nodes
    for _ in range(20):
        made = first.admin.made("customers", name="x")
        assert second.admin.get(f"/v1.0/customers/{made['id']}").json() == made
        changed = second.admin.put(f"/v1.0/customers/{made['id']}", {"name": "y"})
        assert first.admin.get(f"/v1.0/customers/{made['id']}").headers["etag"] == changed.headers["etag"]


def test_a_session_of_one_node_is_good_on_the_other(nodes: tuple[Callers, Callers]) -> None:
    first, second = nodes
    assert (
        second.with_token(first.admin.headers["Authorization"].removeprefix("Bearer ")).get("/v1.0/me").status_code
        == 200
    )


def test_a_key_withdrawn_on_one_node_is_refused_on_the_other_within_a_second(nodes: tuple[Callers, Callers]) -> None:
    first, second = nodes
    key = first.admin.made("accesskeys", expire=86_400)
    caller = second.with_token(key["token"])
    assert caller.get("/v1.0/me").status_code == 200
    first.admin.delete(f"/v1.0/accesskeys/{key['id']}")
    time.sleep(1.1)
    assert caller.get("/v1.0/me").status_code == 401


def test_an_edge_on_one_node_hears_within_a_second_of_a_change_on_the_other(nodes: tuple[Callers, Callers]) -> None:
    first, second = nodes
    head = second.admin.get("/v1.0/feed").text
    known = {
        "epoch": head.partition('"epoch":"')[2].partition('"')[0],
        "since": head.rpartition('"end":')[2].partition(",")[0],
        "wait": "20",
    }
    heard: list[tuple[float, Any]] = []

    def poll() -> None:
        answer = second.admin.get("/v1.0/feed", params=known)
        heard.append((time.monotonic(), answer))

    thread = threading.Thread(target=poll)
    thread.start()
    time.sleep(0.5)
    made = first.admin.made("customers", name="news")
    changed_at = time.monotonic()
    thread.join(timeout=15)
    assert heard[0][0] - changed_at < 1
    assert made["id"] in heard[0][1].text


def test_a_post_that_is_sent_again_to_the_other_node_is_done_once(nodes: tuple[Callers, Callers]) -> None:
    first, second = nodes
    headers = {"Idempotency-Key": "the-same-on-both"}
    answers = [node.admin.post("/v1.0/customers", {"name": "once"}, headers=headers) for node in (first, second)]
    assert answers[0].content == answers[1].content
