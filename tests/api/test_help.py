"""The help's files at /help/: who may read them, and what is there where they are not built."""

from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dialplane.api.http.console import CONTENT_SECURITY_POLICY
from dialplane.api.http.help import help_routes
from tests.api.serving import Api


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """Built pages, and a file beside them that is none."""
    folder = tmp_path / "dist"
    (folder / "tutorials").mkdir(parents=True)
    (folder / "index.html").write_text("<title>help</title>")
    (folder / "tutorials" / "first-call.html").write_text("<title>first call</title>")
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    return folder


@pytest.fixture
def reader(dist: Path) -> TestClient:
    return TestClient(Starlette(routes=help_routes(dist)), follow_redirects=False)


def test_the_beginning_leads_to_the_first_page(reader: TestClient) -> None:
    answer = reader.get("/help")
    assert (answer.status_code, answer.headers["location"]) == (302, "/help/index.html")


def test_a_page_is_asked_for_anew_and_not_sent_again(reader: TestClient) -> None:
    page = reader.get("/help/tutorials/first-call.html")
    assert (page.text, page.headers["cache-control"]) == ("<title>first call</title>", "no-cache")
    again = reader.get("/help/tutorials/first-call.html", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["gone.html", "..%2fsecret", "%2e%2e/secret", "link", "tutorials", "a" * 5000])
def test_nothing_else_is_found(reader: TestClient, path: str) -> None:
    answer = reader.get(f"/help/{path}")
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_where_it_is_not_built_one_page_says_how_to(reader: TestClient, dist: Path) -> None:
    (dist / "index.html").unlink()
    answer = reader.get("/help/index.html")
    assert answer.status_code == 503
    assert "make docs" in answer.text


def test_anybody_may_read_it_and_a_page_may_run_scripts_of_this_host_alone(api: Api) -> None:
    for path in ("/help", "/help/", "/help/index.html", "/help/gone.html"):
        answer = httpx2.get(api.base_url + path, follow_redirects=False)
        assert answer.status_code in (200, 302, 404, 503)
        if answer.status_code != 404:
            assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
