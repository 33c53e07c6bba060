"""The console's files at /ui/: what is served, how it is kept, and what a page of it may do."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dialplane.api.http.console import CONTENT_SECURITY_POLICY, console_routes
from tests.api.serving import Api


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A bundle with one asset, and a file beside it that is not of it."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>page</title>")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "assets" / "main-1a2b.js").write_text("plain")
    (folder / "assets" / "main-1a2b.js.gz").write_bytes(gzip.compress(b"smaller"))
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    return folder


@pytest.fixture
def browser(dist: Path) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=console_routes(dist)), follow_redirects=False) as client:
        yield client


def test_assets_are_kept_for_ever_and_the_page_is_asked_for_anew(browser: TestClient) -> None:
    asset = browser.get("/ui/assets/main-1a2b.js", headers={"Accept-Encoding": "identity"})
    assert (asset.text, asset.headers["cache-control"]) == ("plain", "public, max-age=31536000, immutable")
    assert asset.headers["content-type"].startswith("text/javascript")
    assert browser.get("/ui/").headers["cache-control"] == "no-cache"
    assert browser.get("/ui/icon.svg").headers["cache-control"] == "no-cache"


def test_an_asset_is_sent_in_the_smallest_coding_that_is_accepted(browser: TestClient) -> None:
    asset = browser.get("/ui/assets/main-1a2b.js", headers={"Accept-Encoding": "br;q=1.0, gzip"})
    assert (asset.text, asset.headers["content-encoding"], asset.headers["vary"]) == (
        "smaller",
        "gzip",
        "Accept-Encoding",
    )


@pytest.mark.parametrize(
    "path", ["/ui/routes", "/ui/calls/1", "/ui/assets/gone.js", "/ui/..%2f..%2fsecret", "/ui/link"]
)
def test_every_other_path_is_the_page_and_nothing_outside_the_bundle(browser: TestClient, path: str) -> None:
    assert "<title>page</title>" in browser.get(path).text


def test_the_root_leads_to_the_console(browser: TestClient) -> None:
    answer = browser.get("/")
    assert (answer.status_code, answer.headers["location"]) == (302, "/ui/")


def test_where_it_is_not_built_one_page_says_how_to(browser: TestClient, dist: Path) -> None:
    (dist / "index.html").unlink()
    answer = browser.get("/ui/")
    assert answer.status_code == 503
    assert "make console" in answer.text


def test_a_page_may_run_scripts_of_this_host_alone(api: Api) -> None:
    for path in ("/ui", "/ui/", "/ui/calls"):
        headers = httpx2.get(api.base_url + path).headers
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert headers["x-content-type-options"] == "nosniff"
    assert "'unsafe-inline'" not in CONTENT_SECURITY_POLICY.partition("style-src")[0]
    assert "script-src" in httpx2.get(api.base_url + "/docs").headers["content-security-policy"]
