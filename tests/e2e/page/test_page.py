"""The live page in a real browser, of the real daemon, with a recording as its microphone and a real broker."""

import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.broker import Broker, Subscriber
from tests.support.browser import DESKTOP, PHONE, Visit, short_night, until, violations
from tests.support.daemon import RunningDaemon
from tests.support.live_page import PASSWORD, page_daemon, set_password
from tests.support.patience import HANG_S, wait_until

pytestmark = pytest.mark.broker

HOSTILE = "<img src=x onerror=alert(1)>"
NIGHT = (("listening", "All quiet"), ("crying", "Baby is crying"), ("soothing", "Playing a lullaby"))
STYLED = "[...document.styleSheets].some((each) => (each.href ?? '').endsWith('nights.css'))"
# Notes each state that the page shows
WATCH = """
window.seen = [];
addEventListener("DOMContentLoaded", () => new MutationObserver(() =>
  window.seen.push(document.body.dataset.state)
).observe(document.body, {attributes: true, attributeFilter: ["data-state"]}));
"""


def test_the_page_follows_the_night_and_its_buttons_act(browser: Browser, tmp_path: Path) -> None:
    with Broker() as broker, broker.subscriber() as home:
        served = page_daemon(tmp_path, broker=broker, before_s=15.0)
        with Visit(browser) as visit, served.daemon() as daemon:
            visit.context.add_init_script(WATCH)
            visit.open(served.url)
            _follows(visit)
            _buttons_act(visit, daemon, home)
            assert visit.complaints == []
        command = [sys.executable, "-m", "babycryd", "feedback", "--list", "--config", str(served.config)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert "a false alarm" in told


def _follows(visit: Visit) -> None:
    page = visit.page
    for state, words in (*NIGHT, NIGHT[0]):
        visit.waits_for(state)
        expect(page.locator("#state")).to_have_text(words)
        if state == "crying":
            expect(page.locator("#detail")).to_contain_text("Brahms’ lullaby plays")
            expect(page.locator("#episode-title")).to_have_text("This cry")
            expect(page.locator("#alarm")).to_have_text("Baby is crying")
            expect(page.locator("#curve-text")).to_contain_text("a cry from")
            assert page.evaluate("document.getElementById('curve-line').getAttribute('d').length") > 200
    names = {state for state, _ in NIGHT}
    assert [state for state, _ in groupby(each for each in page.evaluate("window.seen") if each in names)] == [
        "listening", "crying", "soothing", "listening",
    ]  # fmt: skip
    expect(page.locator("#detail")).to_contain_text("Last cry at")
    shown, told = page.locator("#level").evaluate("level => [level.innerText, level.getAttribute('aria-valuetext')]")
    assert "background" in shown
    assert told == shown


def _buttons_act(visit: Visit, daemon: RunningDaemon, home: Subscriber) -> None:
    page = visit.page
    said = len(daemon.lines)
    page.click("#play")
    daemon.says("lullaby starts", after=said)
    home.expect("lullaby/state", "ON", times=2)
    wait_until(lambda: home.payloads("lullaby/track")[-1] != "none", HANG_S, lambda: home.heard)
    before = home.payloads("lullaby/track")[-1]
    page.click("#next")
    wait_until(lambda: home.payloads("lullaby/track")[-1] not in {before, "none"}, HANG_S, lambda: home.heard)
    page.locator("#volume").fill("40")
    home.expect("volume/state", "40")
    expect(page.locator("#volume-text")).to_have_text("40 %")
    expect(page.locator("#stop")).to_be_visible()  # not so between two tracks
    page.focus("#stop")
    page.keyboard.press("Space")  # no mouse needed
    wait_until(lambda: home.payloads("lullaby/state")[-1] == "OFF", HANG_S, lambda: home.heard)
    expect(page.locator("#play")).to_be_focused()
    page.get_by_role("button", name="15 min").click()
    home.expect("snooze/state", "15")
    visit.waits_for("snoozed")
    expect(page.locator("#detail")).to_contain_text("Neither alarm nor lullaby until")
    page.click("#snooze-end")
    visit.waits_for("listening")
    wait_until(lambda: home.payloads("snooze/state")[-1] == "0", HANG_S, lambda: home.heard)
    page.click("#mark-no")
    expect(page.locator("#toast")).to_contain_text("Noted, thank you.")
    expect(page.locator("#mark-no")).to_have_attribute("aria-pressed", "true")
    page.click("#mark-no")  # and takes it back
    expect(page.locator("#mark-no")).to_have_attribute("aria-pressed", "false")
    page.click("#mark-no")
    expect(page.locator("#mark-no")).to_have_attribute("aria-pressed", "true")


def test_a_lost_connection_is_never_shown_as_quiet(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, cries=False)
    with Visit(browser) as visit:
        with served.daemon() as daemon:
            page = visit.open(served.url)
            visit.waits_for("listening")
            daemon.process.send_signal(signal.SIGSTOP)
            visit.waits_for("lost")
            expect(page.locator("#state")).to_have_text("No connection")
            expect(page.locator("#since")).to_contain_text("last heard at")
            expect(page.locator("#play")).to_be_disabled()
            assert violations(page) == []
            daemon.process.send_signal(signal.SIGCONT)
            page.wait_for_selector('body:not([data-state="lost"])')
            assert daemon.stop() == 0
            visit.waits_for("lost")
        with served.daemon():  # another one at the same place
            page.wait_for_selector("#link[data-link=live]")
            visit.waits_for("listening")
            visit.context.set_offline(True)
            visit.waits_for("lost")
            visit.context.set_offline(False)
            page.wait_for_selector("#link[data-link=live]")


def test_installed_it_opens_without_a_network_and_says_so(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, cries=False)
    with Visit(browser, language="de-DE") as visit:
        with served.daemon():
            page = visit.open(served.url)
            visit.waits_for("listening")
            page.evaluate("navigator.serviceWorker.ready")
            page.reload()
            visit.waits_for("listening")
            until(page, "navigator.serviceWorker.controller !== null")
        page.reload()
        visit.waits_for("lost")
        expect(page.locator("#state")).to_have_text("Keine Verbindung")
        states = page.evaluate(
            "caches.open('babycryd-shell').then((store) => store.keys()).then((all) => all.map((one) => one.url))"
        )
        assert not any("/api/" in each for each in states)


def test_a_password_hostile_names_and_the_visitors_choices(browser: Browser, tmp_path: Path) -> None:
    lullabies = tmp_path / "lullabies"
    lullabies.mkdir()
    short_night(lullabies / f"{HOSTILE}.wav")
    served = page_daemon(tmp_path, room=HOSTILE, web=", host: 0.0.0.0", lullabies=str(lullabies), cries=False)
    set_password(served)
    with served.daemon(), Visit(browser) as visit:
        visit.open(served.url)
        _logs_in(visit)
        _shows_names_as_text(visit)
        _remembers_choices(visit)
        assert visit.dialogs == []
        _logs_in_again_when_the_session_has_ended(visit)
        refused = [each for each in visit.complaints if "40" not in each]  # the browser tells of 401 and 403 itself
        assert refused == []


def test_the_password_is_asked_for_once_its_form_works(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, web=", host: 0.0.0.0", cries=False)
    set_password(served)
    held: list[Route] = []
    with served.daemon(), Visit(browser, service_workers="block") as visit:
        page = visit.page
        page.route("**/login.js", lambda route: held.append(route))  # noqa: PLW0108  # it marks its handlers
        with page.expect_request("**/login.js"):
            page.goto(served.url, wait_until="commit")
        page.wait_for_selector("#view-login:not([hidden])", state="attached")
        expect(page.locator("#password")).to_be_hidden()
        held.pop().continue_()
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("#link[data-link=live]")
        assert PASSWORD not in page.url


def _logs_in(visit: Visit) -> None:
    page = visit.page
    page.wait_for_selector("#view-login:not([hidden])")
    assert page.locator("#view-now").is_hidden()
    assert violations(page) == []
    page.fill("#password", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#login-error")).to_have_text("That was not the password.")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#link[data-link=live]")
    page.reload()
    page.wait_for_selector("#link[data-link=live]")
    assert page.evaluate("document.cookie") == ""  # no script can read it


def _shows_names_as_text(visit: Visit) -> None:
    page = visit.page
    expect(page.locator("#room")).to_have_text(HOSTILE)
    page.click("#play")
    expect(page.locator("#track")).to_have_text(HOSTILE)
    assert page.locator("img").count() == 0


def _remembers_choices(visit: Visit) -> None:
    page = visit.page
    page.click("#open-settings")
    page.check('[name="theme"][value="light"]')
    page.select_option("#language", "fr")
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("#link-text")).to_have_text("en direct")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(245, 241, 233)"
    page.click("#open-settings")
    page.select_option("#language", "en")
    page.keyboard.press("Escape")


def _logs_in_again_when_the_session_has_ended(visit: Visit) -> None:
    page = visit.page
    until(page, STYLED)  # without a session the browser would complain of what it gets in its place
    visit.context.clear_cookies()
    page.click("#stop")
    expect(page.locator("#login-why")).to_have_text("You were logged out. Please log in again.")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#link[data-link=live]")
    page.click("#open-settings")
    page.click("#logout")
    page.wait_for_selector("#view-login:not([hidden])")


def test_the_page_is_accessible(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path)
    with served.daemon():
        # axe takes seconds of a CPU: it sees each size and each scheme once
        for size, scheme, language, looks in (
            (PHONE, "dark", "en", violations),
            (DESKTOP, "light", "de", violations),
            (PHONE, "light", "fr", _is_not_looked_at),
        ):
            with Visit(browser, size, scheme, language) as visit:
                _is_accessible(visit, served.url, language, looks)
                assert visit.complaints == []
        with Visit(browser, DESKTOP, "dark", "es", reduced_motion="reduce") as visit:
            _is_accessible(visit, served.url, "es", _is_not_looked_at)
            page = visit.open(served.url)
            page.wait_for_selector("#link[data-link=live]")
            reached = {_next_with_tab(page) for _ in range(12)}
            assert {"open-settings", "volume"} < reached
            assert {"play", "stop"} & reached


def _is_not_looked_at(_: Page) -> list[str]:
    return []


def _is_accessible(visit: Visit, url: str, language: str, looks: Callable[[Page], list[str]]) -> None:
    page = visit.open(url)
    page.wait_for_selector("#link[data-link=live]")
    assert page.evaluate("document.documentElement.lang") == language
    assert looks(page) == []
    page.click("#open-settings")
    assert looks(page) == []
    page.keyboard.press("Escape")
    page.click('[data-view="nights"]')
    page.wait_for_selector("#night svg")
    assert looks(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{wide} px too wide"


def _next_with_tab(page: Page) -> str:
    page.keyboard.press("Tab")
    name: str = page.evaluate("document.activeElement.id")
    return name
