"""The views of a made-up home with thirty nights, in a real browser: answers, marks, folds, widths, accessibility."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from babycryd.core.commands import Feedback, PlayLullaby, UseSound
from babycryd.core.events import LevelMeasured
from babycryd.history.store import HistoryReader
from babycryd.report.nights import NightQueries
from babycryd.report.settings import ReportSettings
from tests.support.browser import Visit, until, violations
from tests.support.home_rooms import MadeUpOverview, made_up_rooms
from tests.support.made_up_home import made_up_device, made_up_settings, settled, tonight
from tests.support.patience import wait_until
from tests.support.sample_nights import BERLIN
from tests.support.served_page import ServedPage, served_page

SIZES = ((320, 568), (390, 844), (820, 1180), (1440, 900))
VIEWS = {  # by name: what follows the address, and what is there once all is
    "now": ("", "#tonight svg"),
    "nights": ("#nights", "#night svg"),
    "clips": ("#clips", "#clips li"),
    "rooms": ("rooms", "#rooms > li"),
    "settings": ("#settings", "#view-settings input"),
    "first-steps": ("", "#first-steps[open]"),
    "kiosk": ("?kiosk", "#play"),
}
WIDER = "document.documentElement.scrollWidth - innerWidth"

# Words of pictures, of what is chosen, and of views that are cut off or broken
CUT = """(() => {
  const beyond = (inner, outer) => inner.width && (inner.left < outer.left - 1 || inner.right > outer.right + 1);
  const wider = (select) => {
    const free = select.parentElement.appendChild(select.cloneNode());
    free.append(select.selectedOptions[0].cloneNode(true));
    Object.assign(free.style, { position: "absolute", width: "auto", maxWidth: "none", visibility: "hidden" });
    const wanted = free.offsetWidth;
    free.remove();
    return select.offsetWidth && select.offsetWidth < wanted - 1;
  };
  const all = (selector) => [...document.querySelectorAll(selector)];
  return [
    ...all("svg.pic text").filter((each) =>
      beyond(each.getBoundingClientRect(), each.ownerSVGElement.getBoundingClientRect())),
    ...all("select").filter(wider),
    ...all("nav span").filter((each) => each.offsetHeight > 1.9 * parseFloat(getComputedStyle(each).fontSize)),
  ].map((each) => each.textContent);
})()"""


@pytest.fixture
def today() -> date:
    """The day of the night that the page begins with; not that of the start of all tests, which may take hours."""
    return tonight()


def begin(served: ServedPage) -> None:
    for event in settled(1_790_000_000.0):
        served.tell(event)
    served.tell(LevelMeasured(1.0, -47.0, -58.0))


def test_a_night_is_answered_marked_and_listened_to(browser: Browser, tmp_path: Path, today: date) -> None:
    device = made_up_device(tmp_path, today)
    with served_page(tmp_path, device) as served, Visit(browser) as visit:
        begin(served)
        page = visit.open(f"{served.url}#nights")
        page.click("#earlier")
        expect(page.locator("#sentence")).to_contain_text("cr")
        expect(page.locator("#figures dt")).to_have_text(["crying", "cries", "longest quiet", "time to calm"])
        expect(page.locator("#figures .soft").last).to_contain_text("last week")
        expect(page.locator("#trend .night")).to_have_count(30)
        first = page.locator("#episodes li").first
        expect(first).to_contain_text("rain calmed it in")
        expect(first).to_contain_text("93 % sure")
        no = first.get_by_role("button", name="It was not")
        no.click()
        expect(no).to_have_attribute("aria-pressed", "true")
        no.click()
        expect(no).to_have_attribute("aria-pressed", "false")
        marks = [each for each in device.executed if isinstance(each, Feedback)]
        assert [each.cry for each in marks] == [False, None]
        first.get_by_role("button", name="Listen").click()
        expect(first.locator("audio")).to_be_visible()
        wait_until(lambda: page.evaluate("document.querySelector('.clip img').naturalWidth") > 0, 60.0, page.content)
        assert visit.complaints == []


def test_the_last_night_stays_until_the_evening_begins(browser: Browser, tmp_path: Path, today: date) -> None:
    afternoon = datetime.combine(today, time(15), BERLIN).timestamp()
    device = made_up_device(tmp_path, today)
    device.nights = NightQueries(HistoryReader(tmp_path), ReportSettings(), BERLIN, lambda: afternoon, device.pictures)
    with served_page(tmp_path, device) as served, Visit(browser) as visit:
        begin(served)
        page = visit.open(served.url)
        expect(page.locator("#tonight-title")).to_contain_text(f"{today.day}")
        page.goto(f"{served.url}#nights")
        expect(page.locator("#night-title")).to_contain_text(f"{today.day}")
        expect(page.locator("#episodes li").first).to_contain_text("rain calmed it in")
        page.click("#later")
        expect(page.locator("#sentence")).to_have_text("This night has not begun.")
        expect(page.locator("#later")).to_be_disabled()
        page.click("#earlier")
        page.click("#earlier")
        expect(page.locator("#night-title")).to_contain_text(f"{(today - timedelta(days=1)).day}")
        assert visit.complaints == []


def test_nights_are_opened_from_the_trend_and_the_folds(browser: Browser, tmp_path: Path, today: date) -> None:
    with served_page(tmp_path, made_up_device(tmp_path, today)) as served, Visit(browser) as visit:
        begin(served)
        page = visit.open(f"{served.url}#nights")
        before = today - timedelta(days=3)
        page.locator(f'#trend [data-night="{before}"] .hit').click()
        expect(page.locator("#night-title")).to_contain_text(f"{before.day}")
        expect(page.locator("#day svg")).to_have_count(0)
        page.click("#by-day summary")
        expect(page.locator("#day svg")).to_be_visible()
        expect(page.locator("#day-episodes li")).to_have_count(1)  # at 10:20
        page.click("#whole-week summary")
        expect(page.locator("#week svg")).to_be_visible()
        expect(page.locator("#week-text")).to_contain_text("week")
        assert visit.complaints == []


def test_a_sound_is_played_put_first_and_muted(browser: Browser, tmp_path: Path, today: date) -> None:
    device = made_up_device(tmp_path, today)
    with served_page(tmp_path, device) as served, Visit(browser) as visit:
        begin(served)
        page = visit.open(served.url)
        expect(page.locator("#calms-best")).to_have_text("Too early to tell: 33 tries so far.")
        expect(page.locator("#calms-sounds li").first).to_contain_text("calmed 11 of 14 (79 %), mostly in 2 minutes")
        page.get_by_role("button", name="Play: Rain").click()
        page.get_by_label("When it plays: Rain").select_option("first")
        page.get_by_label("When it plays: Shushing").select_option("muted")
        wait_until(lambda: len(device.executed) == 3, 60.0, lambda: device.executed)
        assert device.executed == [PlayLullaby("rain"), UseSound("rain", "first"), UseSound("shushing", "muted")]
        page.click("#calms-all")
        expect(page.locator("#calms-sounds li")).to_have_count(len(device.tracks))
        assert visit.complaints == []


def test_a_style_sheet_that_was_refused_is_asked_for_again(browser: Browser, tmp_path: Path, today: date) -> None:
    asked: list[str] = []

    def refuse_once(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.abort()
        else:
            route.continue_()

    device = made_up_device(tmp_path, today)
    with served_page(tmp_path, device) as served, Visit(browser, service_workers="block") as visit:
        begin(served)
        page = visit.page
        page.route("**/nights.css", refuse_once)
        with page.expect_request("**/nights.css"):
            page.goto(served.url)
        until(page, "!document.querySelector('[href=\"nights.css\"]')")
        page.click('[data-view="nights"]')
        page.wait_for_selector("#night svg")
        until(page, "[...document.styleSheets].some((each) => (each.href ?? '').endsWith('nights.css'))")
    assert len(asked) == 2


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS)
def test_no_view_is_too_wide_or_hard_to_use_in_any_size_and_theme(
    view: str, browser: Browser, tmp_path: Path, today: date
) -> None:
    address, there = VIEWS[view]
    device = made_up_device(tmp_path, today)
    device.overview = MadeUpOverview(made_up_rooms(1_790_000_000.0))
    device.settings = made_up_settings(tmp_path, written=view != "first-steps")
    with served_page(tmp_path, device) as served:
        begin(served)
        for size in SIZES:
            for theme, language in (("dark", "de"), ("light", "fr")):
                with Visit(browser, size, theme, language) as visit:
                    page = visit.open(served.url + address)
                    page.wait_for_selector("#link[data-link=live]")
                    page.wait_for_selector(there)
                    if view != "first-steps":  # whose dialog covers the rest
                        for summary in page.locator("summary:visible").all():
                            summary.click()
                    assert violations(page) == [], (view, size, theme)
                    assert page.evaluate(WIDER) <= 0, (view, size, theme)
                    assert page.evaluate(CUT) == [], (view, size, language)
                    page.evaluate("document.documentElement.style.fontSize = '200%'")
                    assert page.evaluate(WIDER) <= 0, (view, size, theme, "text of 200 %")
                    page.evaluate("document.documentElement.style.fontSize = ''")
                    page.evaluate("document.documentElement.dir = 'rtl'")
                    assert page.evaluate(WIDER) <= 0, (view, size, theme, "right to left")
