"""The console below a path of a reverse proxy: everything that it loads, asks for and leads to is below it, too."""

import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.api.nginx import nginx
from tests.console.visit import ROOT, Visit
from tests.databases import PASSWORD, USERNAME

EXPECTED = re.compile(r"401|ERR_TOO_MANY_RETRIES")
"""Nobody was signed in at first; a request on a connection that ends with the reload was given up once."""


def test_all_of_the_console_is_below_the_path(chromium: Browser, prepared_file: Path, tmp_path: Path) -> None:
    subprocess.run([ROOT / "setup" / "console", Path(sys.prefix)], check=True, timeout=300)
    with nginx(tmp_path, prepared_file) as front, chromium.new_context(ignore_https_errors=True) as context:
        home = f"{front.url}/dialplane"
        visit = Visit(context.new_page(), home)
        page = visit.page
        page.goto(f"{home}/")
        page.get_by_label("User name").fill(USERNAME)
        page.get_by_role("textbox", name="Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        visit.settle()
        expect(page).to_have_url(f"{home}/ui/")
        page.get_by_role("link", name=re.compile("^Customers")).click()
        visit.settle()
        expect(page).to_have_url(f"{home}/ui/customers")
        page.reload()
        visit.settle()
        front.api.admin.made("customers", name="made meanwhile")
        expect(page.get_by_text("made meanwhile")).to_be_visible()
        assert [fault for fault in visit.faults if not EXPECTED.search(fault)] == []
