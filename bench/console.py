"""The console in Debian's Chromium, over a million routes: first paint, and until the table of routes can be used.

Each page is opened anew in a window without cache. What the browser asks for, and how much of it, is printed beside.
"""

import os
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, StorageState, sync_playwright

from bench.node import free_port, make_database, running
from bench.report import Report
from bench.table import RouteTable

ROUTES = 1_000_000
TIMES = 8
CHROMIUM = "/usr/bin/chromium"
LOGIN = {"username": "admin@localhost", "password": "for the benchmark"}
"""The administrator of `make_database`."""

PAGES = {
    "Overview": ("/ui/", ".tile .value", "first paint <= 1.0 s"),
    "Routes": ("/ui/routes", "tbody tr:nth-child(20) td .edit", "first paint <= 1.0 s, usable <= 1.5 s"),
}
"""Name -> path, what is there once it can be used, goal."""

_WHEN_USABLE = """selector => {
  const paint = performance.getEntriesByName('first-contentful-paint')[0]
  if (!paint || !document.querySelector(selector)) return null
  const resources = performance.getEntriesByType('resource')
  return {
    paint: paint.startTime,
    usable: performance.now(),
    requests: 1 + resources.length,
    bytes: resources.reduce((sum, one) => sum + one.transferSize, 0),
  }
}"""


def run(report: Report) -> None:
    """Print the times of each page."""
    with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as folder:
        make_database(Path(folder), RouteTable(ROUTES))
        with running(Path(folder), port=free_port()) as node, sync_playwright() as playwright:
            args = ["--no-sandbox"] if os.getuid() == 0 else []
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
            measure(report, browser, node.base_url)
            browser.close()


def measure(report: Report, browser: Browser, home: str) -> None:
    """The figures of all pages."""
    session = _signed_in(browser, home)
    for name, (path, usable, goal) in PAGES.items():
        seen = [_opened(browser, session, home + path, usable) for _ in range(TIMES + 1)][
            1:
        ]  # the first fills the API's caches
        paints, usables = (sorted(one[what] for one in seen) for what in ("paint", "usable"))
        report.line(
            name,
            f"first paint {_span(paints)}  usable {_span(usables)}  {seen[0]['requests']} requests, "
            f"{seen[0]['bytes'] / 1000:.0f} kB",
            goal=goal,
        )


def _signed_in(browser: Browser, home: str) -> StorageState:
    context = browser.new_context()
    answer = context.request.post(f"{home}/auth/session", data=LOGIN)
    if not answer.ok:
        raise SystemExit(answer.text())
    state = context.storage_state()
    context.close()
    return state


def _opened(browser: Browser, session: StorageState, url: str, usable: str) -> dict[str, Any]:
    """What one visit took, in ms since it began."""
    context = browser.new_context(storage_state=session, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(url, wait_until="commit")
    found = page.wait_for_function(_WHEN_USABLE, arg=usable, polling="raf")
    seen: dict[str, Any] = found.json_value()
    context.close()
    return seen


def _span(times_ms: Sequence[float]) -> str:
    return f"{times_ms[0] / 1000:.2f} s (median {statistics.median(times_ms) / 1000:.2f})"
