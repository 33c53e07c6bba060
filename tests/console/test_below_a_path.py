"""The console below a path of a reverse proxy: everything that it loads, asks for and leads to is below it, too."""

import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import BrowserContext, expect, sync_playwright

from tests.api.nginx import NAME, nginx
from tests.console.conftest import CHROMIUM
from tests.console.visit import ROOT, Visit
from tests.databases import PASSWORD, USERNAME


def key_of(certificate: Path) -> str:
    """The hash of a certificate's public key, as Chromium takes it."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    return b64encode(sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()).decode()


@contextmanager
def window(certificate: Path) -> Iterator[BrowserContext]:
    """A window of a Chromium that takes this certificate for a good one.

    Had it to go on past a bad one instead (`ignore_https_errors`), each connection would begin with a refused one: once
    too many for a request, after a reload on a busy machine (net::ERR_TOO_MANY_RETRIES).
    """
    args = [f"--ignore-certificate-errors-spki-list={key_of(certificate)}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*args, "--no-sandbox"] if os.getuid() == 0 else args
        )
        with browser, browser.new_context() as context:
            yield context


def test_all_of_the_console_is_below_the_path(prepared_file: Path, tmp_path: Path) -> None:
    subprocess.run([ROOT / "setup" / "console", Path(sys.prefix)], check=True, timeout=300)
    with nginx(tmp_path, prepared_file) as front, window(tmp_path / f"{NAME}.crt") as context:
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
        assert [fault for fault in visit.faults if "401" not in fault] == []  # nobody was signed in at first
