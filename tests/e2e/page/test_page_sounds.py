"""The sounds on the live page, in a real browser: the loudness at the cot, and the owner's voice."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.support.browser import Visit
from tests.support.live_page import page_daemon
from tests.unit.soothe.test_voice_wav import wav


def test_the_loudness_is_measured_once_and_shown(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, cries=False)
    with served.daemon(), Visit(browser) as visit:
        visit.open(served.url)
        visit.waits_for("listening")
        page = visit.page
        expect(page.locator("#listen")).to_be_hidden()  # without consent
        expect(page.locator("#at-cot")).to_contain_text("not measured. 100 % is 40 % of what the speaker can give")
        page.locator("#loudness summary").click()
        expect(page.locator("#loudness-why")).to_contain_text("never plays louder than 50 dB(A)")
        page.locator("#voice summary").click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator("#play-test").click()
        page.locator("#dba").fill("58")
        page.locator("#reading button[type=submit]").click()
        expect(page.locator("#toast")).to_contain_text("100 % is now about 50 dB(A) at the cot")
        expect(page.locator("#at-cot")).to_have_text("about 50 dB(A) at the cot")
        expect(page.locator("#level-at-cot option")).to_have_count(4)  # as it is set, 40, 45 and 50
        page.select_option("#level-at-cot", "45")
        page.locator("#calms-sounds button").first.click()
        expect(page.locator("#at-cot")).to_have_text("about 45 dB(A) at the cot")
        visit.waits_for("soothing")
        assert visit.complaints == []


def test_a_sound_file_becomes_a_sound_like_the_others(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, cries=False)
    (tmp_path / "mama.wav").write_bytes(wav(4.0, rate_hz=44_100))
    with served.daemon(), Visit(browser) as visit:
        visit.open(served.url)
        visit.waits_for("listening")
        page = visit.page
        page.locator("#voice summary").click()
        expect(page.locator("#voice-file")).to_be_disabled()
        page.locator("#consent").check()
        page.locator("#voice-file").set_input_files(tmp_path / "mama.wav")
        expect(page.locator("#voice-ready")).to_contain_text("4 seconds")
        page.locator("#voice-name").fill("Mama singt")
        page.locator("#voice-keep button").click()
        expect(page.locator("#voices li")).to_contain_text("Mama singt")
        expect(page.locator("#sound option", has_text="Mama singt")).to_have_count(1)
        page.locator("#sound").select_option("Mama singt")
        page.locator("#play").click()
        expect(page.locator("#track")).to_have_text("Mama singt")
        visit.agrees = True
        page.locator("#voices button").click()
        expect(page.locator("#voices li")).to_have_count(0)
        assert visit.complaints == []
    assert list((tmp_path / "state" / "voices").iterdir()) == []
