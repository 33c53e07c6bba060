"""The overview: its figures beside those of the time before, and a part of its window that is looked at alone."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.console.visit import Visit

OVERVIEW = re.compile(r"/v1\.0/stats/overview")
PART = re.compile(r"[?&]from=[^&]+&to=")


def answered(route: Route, *, asr: float, before: float | None) -> None:
    """The real answer with these shares of answered calls."""
    answer = route.fetch()
    shown: dict[str, Any] = answer.json()
    then = {**shown, "calls": shown["calls"] | {"asr": before, "calls": 10}}
    route.fulfill(json={**shown, "calls": shown["calls"] | {"asr": asr}, "before": then if before else None})


@pytest.mark.parametrize(
    ("asr", "before", "says"),
    [(0.5, 0.25, "▲ more than 25.0 % before"), (0.5, 0.75, "▼ less than 75.0 % before")],
)
def test_each_figure_stands_beside_what_it_was_before(visit: Visit, asr: float, before: float, says: str) -> None:
    visit.page.route(OVERVIEW, lambda route: answered(route, asr=asr, before=before))
    visit.open("/")
    tile = visit.page.locator(".tile", has_text="Answered (ASR)")
    was = tile.locator(".note").last
    expect(was).to_have_text(re.compile(r"\s*".join(map(re.escape, says.split()))))
    expect(visit.page.locator(".tile", has_text=" before")).to_have_count(6)
    assert visit.unfit() == []


def test_nothing_is_compared_where_there_is_nothing_before(visit: Visit) -> None:
    visit.page.route(OVERVIEW, lambda route: answered(route, asr=0.5, before=None))
    visit.open("/")
    expect(visit.page.locator(".tile", has_text="Answered (ASR)")).to_contain_text("50.0 %")
    expect(visit.page.locator(".tile", has_text=" before")).to_have_count(0)


def drag(page: Page, chart: str, begin: float, end: float) -> None:
    """From one share of a chart's width to another."""
    box = page.get_by_role("img", name=chart).locator(".u-over").bounding_box()
    assert box
    at = [(box["x"] + box["width"] * share, box["y"] + box["height"] / 2) for share in (begin, end)]
    page.mouse.move(*at[0])
    page.mouse.down()
    page.mouse.move(*at[1], steps=8)
    page.mouse.up()


def part_of(page: Page) -> tuple[str, str]:
    query = parse_qs(urlsplit(page.url).query)
    return query["from"][0], query["to"][0]


class Asked:
    """The parameters of all requests for each path: the first steps ask for the last calls, whatever is looked at."""

    def __init__(self, page: Page) -> None:
        self._of = defaultdict[str, list[Mapping[str, list[str]]]](list)
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        url = urlsplit(request.url)
        self._of[url.path].append(parse_qs(url.query))

    def last_with(self, path: str, *names: str) -> list[str]:
        """The values of these in the last request that had them."""
        return [[one[name][0] for name in names] for one in self._of[path] if set(names) <= one.keys()][-1]


def test_a_part_that_is_dragged_over_is_that_of_all_charts_and_tables_until_esc(visit: Visit) -> None:
    page = visit.page
    visit.open("/")
    expect(page.get_by_role("img", name="Post-dial delay").locator(".u-over")).to_be_visible()
    asked = Asked(page)
    drag(page, "Post-dial delay", 0.3, 0.6)
    expect(page).to_have_url(PART)
    expect(page.get_by_role("button", name="Whole window")).to_be_visible()
    visit.settle()
    begin, end = (one.rstrip("Z").replace("T", " ") for one in part_of(page))
    for path, names in {
        "/v1.0/stats/overview": ("from", "to"),
        "/v1.0/stats/providers": ("from", "to"),
        "/v1.0/stats/targets": ("from", "to"),
        "/v1.0/calls": ("started_from", "started_until"),
    }.items():
        assert [value[:16] for value in asked.last_with(path, *names)] == [begin, end], path
    copied = page.url
    assert visit.unfit() == []
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(PART)
    page.go_back()
    expect(page).to_have_url(copied)
    visit.open(urlsplit(copied).path.removeprefix("/ui") + "?" + urlsplit(copied).query)
    expect(page.get_by_role("button", name="Whole window")).to_be_visible()
    page.get_by_role("button", name="Whole window").click()
    expect(page).not_to_have_url(PART)
    assert visit.faults == []


def test_a_part_is_chosen_by_keys_alone(visit: Visit) -> None:
    page = visit.page
    visit.open("/")
    begin = page.get_by_role("slider", name="Begin of the part")
    whole = begin.get_attribute("aria-valuetext")
    begin.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.get_by_role("slider", name="End of the part").focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(PART)
    expect(begin).not_to_have_attribute("aria-valuetext", whole or "")
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(PART)
    assert visit.faults == []
