"""One browser's window on the console, and what happened in it that must not."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

ROOT = Path(__file__).parents[2]
_AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
_RUN_AXE = """async () => {
  const found = await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})
  return found.violations.map(one => `${one.id} (${one.impact}): ` + one.nodes.map(node => node.html.slice(0, 160)))
}"""
_IDS = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const found = []
  while (texts.nextNode()) {
    const {parentElement, data} = texts.currentNode
    if (parentElement.closest('.id, script, style, pre')) continue
    if (/[0-9a-f]{8}-[0-9a-f]{4}-|\\b(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{8}\\b/.test(data)) found.push(data)
  }
  return found
}"""
"""Texts with an id, or its first digits, that do not stand under the heading of ids."""

_SIDEWAYS = """wide => [document.documentElement, ...document.querySelectorAll(wide ? 'main, .grid-box' : 'main')]
  .filter(one => one.scrollWidth > one.clientWidth + 1)
  .map(one => `${innerWidth}: ${one.tagName} ${one.className} ${one.scrollWidth} > ${one.clientWidth}`)"""

WIDTHS = (1440, 1024, 390)
"""Of a desk, a tablet and a telephone; on the last, tables alone may be scrolled."""

WITHIN_MS = 15_000
LOOK_AGAIN_MS = 50
expect.set_options(timeout=WITHIN_MS)


class Visit:
    """`page` of the console of `home`. `faults`: errors on the browser's console, and requests to other hosts."""

    def __init__(self, page: Page, home: str) -> None:
        self.page = page
        self.home = home
        self.faults: list[str] = []
        own = (home, "data:", "blob:")
        page.set_default_timeout(WITHIN_MS)
        page.on("console", lambda message: self._note(message.text, is_fault=message.type == "error"))
        page.on("pageerror", lambda error: self._note(str(error), is_fault=True))
        page.on("request", lambda request: self._note(request.url, is_fault=not request.url.startswith(own)))

    def _note(self, text: str, *, is_fault: bool) -> None:
        if is_fault:
            self.faults.append(text)

    def open(self, path: str, *, below: str = "/ui") -> None:
        """Go to a page of the console, or one below another path, and wait until nothing on it is awaited."""
        self.page.goto(f"{self.home}{below}{path}")
        self.settle()

    def settle(self) -> None:
        """Wait until the page has its heading, and no list its first answer to come."""
        expect(self.page.locator("h1").first).to_be_visible(timeout=WITHIN_MS)
        expect(self.page.locator("[role=progressbar], .mantine-Skeleton-root")).to_have_count(0, timeout=WITHIN_MS)

    def scheme(self, scheme: str) -> None:
        """Look at the page in `light` or `dark`."""
        self.page.evaluate("name => document.documentElement.setAttribute('data-mantine-color-scheme', name)", scheme)

    def violations(self) -> list[str]:
        """What breaks WCAG 2 A and AA on the page as it is now."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(_AXE.read_text())
        return self._lasting(lambda: self.page.evaluate(_RUN_AXE))

    def sideways(self) -> list[str]:
        """What is wider than its place, at each width of a window."""
        size = self.page.viewport_size
        assert size
        found: list[str] = []
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": size["height"]})
            found += self._lasting(partial(self.page.evaluate, _SIDEWAYS, width > min(WIDTHS)))
        self.page.set_viewport_size(size)
        return found

    def _lasting(self, look: Callable[[], Any]) -> list[str]:
        """What is still found once the page has come to rest: a dialog fades in, a chart is drawn anew for a width."""
        ends = time.monotonic() + WITHIN_MS / 1000
        while (found := look()) and time.monotonic() < ends:
            self.page.wait_for_timeout(LOOK_AGAIN_MS)
        return [str(one) for one in found]

    def unfit(self) -> list[str]:
        """What breaks WCAG 2 in light or dark, ids where names should be, and what must be scrolled sideways."""
        found: list[str] = []
        for scheme in ("light", "dark"):
            self.scheme(scheme)
            found += [f"{scheme}: {one}" for one in self.violations()]
        found += [f"id: {one}" for one in self._lasting(lambda: self.page.evaluate(_IDS))]
        return found + self.sideways()
