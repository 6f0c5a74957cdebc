"""What the live page says of a microphone that is not well: a real sound card's (virtual) one, in a real browser."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from babycryd.i18n import LANGUAGES, texts
from tests.support.browser import Visit, violations
from tests.support.daemon import RunningDaemon, write_config
from tests.support.ports import free_port
from tests.support.sound_card import RATE_HZ, SoundCard

pytestmark = [pytest.mark.soundcard, pytest.mark.slow]

CONFIG = """
state_dir: {folder}/state
capture: {{device: mic, zeros_s: 2}}
detection: {{gate: {{floor_rise_db_per_s: 5}}}}
self_test: {{every_h: 0.001}}
web: {{port: {port}}}
"""
LOUD = np.clip(3 * np.random.default_rng(5).standard_normal(40 * RATE_HZ), -1, 1)


def line(page: Page, what: str) -> Locator:
    name = texts(page.evaluate("document.documentElement.lang"))[f"page.health.{what}"]
    return page.locator("#health li", has=page.locator(".what", has_text=name))


def not_proven(page: Page) -> None:
    """The line of the self-test has the remedy in the page's language."""
    remedy = texts(page.evaluate("document.documentElement.lang"))["page.remedy.self_test"]
    expect(line(page, "self_test").locator(".remedy")).to_have_text(remedy)


def trouble(page: Page, advice: str) -> None:
    """It stands beside the state in the page's language, with its remedy and the folded technical text."""
    words = texts(page.evaluate("document.documentElement.lang"))
    told = page.locator("#troubles li", has_text=words[f"page.trouble.{advice}"])
    expect(told.locator("> p")).to_have_text(words[f"page.remedy.{advice}"])
    expect(told.locator("details p")).not_to_be_empty()


def in_every_language(page: Page, says: Callable[[Page], None]) -> None:
    for language in LANGUAGES:
        page.select_option("#language", language)
        expect(page.locator("html")).to_have_attribute("lang", language)
        says(page)
    page.select_option("#language", "en")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_page_tells_of_self_test_and_trouble_with_the_remedy(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    with SoundCard(echo=0.25) as card, Visit(browser) as visit:
        path = write_config(tmp_path, CONFIG.format(folder=tmp_path, port=port))
        card.room_noise()
        with RunningDaemon(["run", "--config", str(path)], card.env) as daemon:
            daemon.says("answering http")
            page = visit.open(f"http://127.0.0.1:{port}/")
            visit.waits_for("listening")
            expect(line(page, "self_test").locator(".text")).to_have_text("not yet")
            said = daemon.says("self-test: the microphone hears the speaker")
            expect(line(page, "self_test").locator(".text")).to_contain_text("heard at ")
            card.set_echo(0.0)
            daemon.says("self-test: not proven", after=said)
            expect(line(page, "self_test").locator(".text")).to_have_text("not proven")
            visit.waits_for("listening")  # it is not deaf
            page.click("#open-settings")
            in_every_language(page, not_proven)
            page.keyboard.press("Escape")
            assert violations(page) == []
            card.mute_microphone()
            visit.waits_for("deaf")
            page.click("#open-settings")
            in_every_language(page, lambda shown: trouble(shown, "microphone"))
            page.keyboard.press("Escape")
            expect(page.locator("#troubles details p")).to_contain_text("digital silence")
            card.mute_microphone(False)
            visit.waits_for("listening")
            card.play(LOUD)
            trouble(page, "too_loud")
            visit.waits_for("doubtful")
            expect(page.locator("#state")).to_have_text("Hears badly")  # which is no "All quiet"
            page.click("#open-settings")
            in_every_language(page, lambda shown: trouble(shown, "too_loud"))
            assert visit.complaints == []
