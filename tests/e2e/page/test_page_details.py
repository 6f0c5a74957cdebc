"""What the live page says in rare moments and on small telephones, in a real browser."""

import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from babycryd.history.retention import RetentionLimits
from babycryd.history.store import HistoryReader
from babycryd.history.task import HistoryWriter
from babycryd.i18n import LANGUAGES
from babycryd.report.nights import NightQueries
from babycryd.report.settings import ReportSettings
from babycryd.report.summary import long_date
from tests.support.browser import Visit
from tests.support.live_page import PASSWORD, page_daemon, set_password
from tests.support.ports import free_port
from tests.support.sample_nights import easy_night, hard_night

pytestmark = pytest.mark.slow

SMALL_PHONE = (320, 568)
# State of a daemon as the page would get it, independent of the real one's state
SHOWN = """async (fields) => {
  const { Hero } = await import("./hero.js");
  const { Troubles } = await import("./trouble.js");
  const served = { ...(await (await fetch("api/state")).json()), ...fields };
  const hero = new Hero();
  hero.show(served, "live", served.utc_s, served.utc_s);
  new Troubles().show(served.troubles);
  const text = (id) => document.getElementById(id).textContent;
  return [document.body.dataset.state, text("state"), text("troubles")];
}"""
OLD_LEVEL = """async () => {
  const { Hero } = await import("./hero.js");
  const served = await (await fetch("api/state")).json();
  const hero = new Hero();
  hero.level({ level_dbfs: -47, noise_floor_dbfs: -58 });
  await new Promise((later) => setTimeout(later, 5500));
  hero.show(served, "live", served.utc_s, served.utc_s);
  return document.getElementById("level").textContent;
}"""
CUT = """() => [...document.querySelectorAll("#health .text")]
  .filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.textContent)"""
LINES_OF_THE_FIRST_WORD = """() => {
  const text = document.getElementById("room").firstChild;
  const range = document.createRange();
  range.setStart(text, 0);
  range.setEnd(text, text.data.split(" ")[0].length);
  return range.getClientRects().length;
}"""
LETTER_PX = """() => [...document.querySelectorAll("#week text")]
  .map((each) => parseFloat(getComputedStyle(each).fontSize) * each.getScreenCTM().a)"""


def shown(page: Page, **fields: Any) -> list[str]:
    told: list[str] = page.evaluate(SHOWN, fields)
    return told


def test_neither_a_start_is_an_alarm_nor_an_old_level_a_level(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, cries=False)
    with served.daemon(), Visit(browser) as visit:
        page = visit.open(served.url)
        visit.waits_for("listening")
        assert shown(page, shown="unknown", troubles=[]) == ["unknown", "Starting …", ""]
        stalls = {"advice": "microphone", "text": "sound comes, but none has been judged for 4 s", "note": False}
        state, words, trouble = shown(page, shown="deaf", troubles=[stalls])
        assert (state, words) == ("deaf", "Cannot hear")
        assert trouble.startswith("The microphone gives no sound.Check plug")  # in plain words, and the next step
        assert trouble.endswith("Detailssound comes, but none has been judged for 4 s")
        assert page.locator("#troubles details").get_attribute("open") is None
        assert page.evaluate(OLD_LEVEL) == ""


def test_on_the_smallest_phone_nothing_is_cut_in_any_language(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, cries=False)
    with served.config.open("a") as config:
        config.write(f"mqtt: {{host: 127.0.0.1, port: {free_port()}}}\n")
    with served.daemon() as daemon:
        daemon.says("no MQTT for now")
        for language, free in zip(LANGUAGES, ("free", "frei", "libres", "libres"), strict=True):
            with Visit(browser, SMALL_PHONE, language=language) as visit:
                page = visit.open(served.url)
                page.wait_for_selector("#health [data-good='false']")
                assert page.evaluate(CUT) == []
                expect(page.locator("#health .text").last).to_contain_text(f"B {free}")
                assert "\u00a0%" in page.locator("#curve-text").text_content()  # type: ignore[operator]
                page.click('[data-view="nights"]')
                page.click("#whole-week summary")
                page.wait_for_selector("#week svg")
                assert min(page.evaluate(LETTER_PX)) > 7.5
                assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_logging_in_fits_the_smallest_phone_and_no_name_is_torn(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, cries=False)
    set_password(served)
    with served.daemon():
        for language in LANGUAGES:
            with Visit(browser, SMALL_PHONE, language=language) as visit:
                page = visit.open(served.url)
                page.wait_for_selector("#view-login:not([hidden])")
                assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
                page.fill("#password", PASSWORD)
                page.keyboard.press("Enter")
                visit.waits_for("listening")
                visit.context.set_offline(True)
                visit.waits_for("lost")
                expect(page.locator("#room")).to_have_text("Nursery")
                assert page.evaluate(LINES_OF_THE_FIRST_WORD) == 1
                page.evaluate("document.getElementById('room').textContent = 'Kinderzimmer der Zwillinge'")
                assert page.evaluate(LINES_OF_THE_FIRST_WORD) == 1
                page.evaluate("document.getElementById('room').textContent = 'Kinderzimmer'.repeat(6)")
                assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_cry_of_another_night_is_opened_from_the_week(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, cries=False)
    writer = HistoryWriter(tmp_path / "state", RetentionLimits(10_000, 50))
    today = date.today()  # noqa: DTZ011  # as the page reckons
    made = {ago: make(today - timedelta(days=ago)) for ago, make in ((2, easy_night), (3, hard_night))}
    writer.keep([each for night in made.values() for each in night.episodes], time.time())
    writer.close()
    with served.daemon(), Visit(browser) as visit:
        page = visit.open(served.url)
        page.wait_for_selector("#link[data-link=live]")
        page.click('[data-view="nights"]')
        page.click("#whole-week summary")
        for night in made.values():
            cry = night.episodes[0].id
            page.locator(f'#week [data-episode="{cry}"]').click()
            expect(page.locator(f"#episode-{cry}")).to_be_focused()
            expect(page.locator("#episodes li")).to_have_count(len(night.episodes))
            assert page.evaluate("location.hash") == "#nights"
        assert visit.complaints == []


def test_the_nights_are_those_of_the_device_whatever_the_phone_believes(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, cries=False)
    queries = NightQueries(HistoryReader(tmp_path / "state"), ReportSettings())
    with served.daemon(), Visit(browser, timezone_id="Pacific/Kiritimati") as visit:
        page = visit.page
        page.clock.set_fixed_time("2026-03-29T01:30:00+01:00")  # another day, on which summer time begins elsewhere
        day = queries.last_night()
        page.goto(f"{served.url}#nights")
        expect(page.locator("#night-title")).to_contain_text(long_date(day, "en"))
        page.click("#earlier")
        page.click("#earlier")
        expect(page.locator("#night-title")).to_contain_text(long_date(day - timedelta(days=2), "en"))
        page.click("#later")
        page.click("#later")
        expect(page.locator("#night-title")).to_contain_text(long_date(day, "en"))
        assert visit.complaints == []
