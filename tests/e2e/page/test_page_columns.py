"""On a desktop and a tablet the cards stand in columns without holes, and what is urgent above the fold."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from babycryd.i18n import LANGUAGES
from scripts.make_gallery import SIZES, VIEWS, home
from tests.support.browser import Visit, until

# Of each column: the largest gap between two cards, and where its last card ends; below: which of the urgent ones
# end below the window (or, on a tablet, below its bar)
SEEN = """(urgent) => {
  const columns = [...document.querySelectorAll("#view-now > .column")];
  const boxes = (column) => [...column.children].map((each) => each.getBoundingClientRect());
  const shown = (column) => boxes(column).filter((each) => each.height);
  const gaps = columns.map(shown).flatMap((cards) => cards.slice(1).map((card, at) => card.top - cards[at].bottom));
  const bar = document.getElementById("nav").getBoundingClientRect();
  const fold = bar.top > innerHeight / 2 ? bar.top : innerHeight;
  const below = urgent.filter((id) => document.getElementById(id).getBoundingClientRect().bottom > fold);
  const bottoms = columns.map((each) => shown(each).at(-1).bottom);
  return { columns: columns.length, gap: Math.max(...gaps), bottoms, below };
}"""
ABOVE_THE_BAR = """(id) => document.getElementById(id).getBoundingClientRect().bottom
  < document.getElementById("nav").getBoundingClientRect().top"""
BALANCE_PX = 600  # between the ends of the shortest and the longest column, at any time of day and on a busy night
SMALL_PHONES = [(320, 568), (375, 553), (390, 664), (667, 331)]  # of windows: a browser's bars take their part
URGENT = ["detail", "troubles", "lullaby", "snooze", "last", "tonight-picture"]


@pytest.mark.parametrize("width", [820, 1440])
@pytest.mark.parametrize("view", ["now", "busy", "crying", "trouble"])
def test_no_hole_and_nothing_urgent_below_the_fold(view: str, width: int, browser: Browser, tmp_path: Path) -> None:
    address, _, _ = VIEWS[view]
    with home(tmp_path, view) as served, Visit(browser, SIZES[width], language="de") as visit:
        page = visit.open(served.url + address)
        page.wait_for_selector("#tonight-picture svg")
        page.wait_for_selector("#calms-sounds li")
        urgent = [*URGENT, *(["acknowledge"] if view == "crying" else [])]
        if (view, width) == ("trouble", 820):  # two troubles take the place of the card of the night
            urgent.remove("tonight-picture")
        seen = page.evaluate(SEEN, urgent)
        assert (seen["columns"], seen["below"]) == (3 if width == 1440 else 2, [])
        assert seen["gap"] < 20
        assert min(seen["bottoms"]) > 0.9 * SIZES[width][1]
        assert max(seen["bottoms"]) - min(seen["bottoms"]) < BALANCE_PX
        assert visit.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SMALL_PHONES)
def test_an_alert_is_acknowledged_without_scrolling_on_a_small_phone(
    size: tuple[int, int], language: str, browser: Browser, tmp_path: Path
) -> None:
    with home(tmp_path, "crying") as served, Visit(browser, size, language=language) as visit:
        page = visit.open(served.url)
        visit.waits_for("crying")
        page.wait_for_selector("#nav a >> visible=true")
        page.wait_for_selector("#acknowledge >> visible=true")
        assert page.evaluate(ABOVE_THE_BAR, "acknowledge")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_columns_follow_the_width_and_keep_focus_and_order(browser: Browser, tmp_path: Path) -> None:
    with home(tmp_path, "now") as served, Visit(browser, SIZES[1440]) as visit:
        page = visit.open(served.url)
        page.wait_for_selector("#view-now > .column > #last")
        page.focus("#snooze button")
        for width, columns in ((820, 2), (390, 0), (1440, 3)):
            page.set_viewport_size({"width": width, "height": 900})
            until(page, f"document.querySelectorAll('#view-now > .column > #last').length === {min(columns, 1)}")
            assert page.locator("#view-now > .column:not(#controls)").count() == columns
            assert page.evaluate("document.activeElement.closest('section').id") == "snooze"
        page.set_viewport_size({"width": 390, "height": 900})
        page.wait_for_selector("#view-now > #last")
        order = page.evaluate("[...document.getElementById('view-now').children].map((each) => each.id)")
        assert order == [
            "hero", "controls", "last", "tonight", "scores", "calms", "voice", "loudness", "device-alarm", "listen",
            "order",
        ]  # fmt: skip
