"""Many tabs of one browser share one stream, also over plain HTTP."""

import base64
import http.client
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Visit, chromium, until
from tests.support.live_page import PASSWORD, PageDaemon, page_daemon, set_password
from tests.support.patience import CLOCK_HANG_S, HANG_S, wait_until

TABS = 8  # a browser allows six connections to a host
NAME = "nursery.local"  # no secure context, as 127.0.0.1 would be: no Web Locks there
# Notes each loss that a tab shows
WATCH = """
window.links = [];
addEventListener("DOMContentLoaded", () => new MutationObserver(() =>
  window.links.push(document.getElementById("link").dataset.link)
).observe(document.getElementById("link"), {attributes: true, attributeFilter: ["data-link"]}));
"""
SNOOZE = """async (minutes) => {
  const session = await (await fetch("api/session")).json();
  const headers = {"Content-Type": "application/json", "X-CSRF-Token": session.csrf};
  const options = {method: "POST", headers, body: JSON.stringify({minutes}), signal: AbortSignal.timeout(60000)};
  return (await fetch("api/snooze", options)).status;
}"""


@pytest.fixture(scope="module")
def named() -> Iterator[Browser]:
    with chromium(options=[f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]) as running:
        yield running


def viewers(served: PageDaemon) -> int:
    """How many streams the daemon serves."""
    sent = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=CLOCK_HANG_S)
    connection.request("GET", "/metrics", headers={"Authorization": f"Basic {sent}"})
    told = connection.getresponse().read().decode()
    connection.close()
    return int(float(re.findall(r"^babycryd_page_viewers (\S+)", told, re.MULTILINE)[0]))


def log_in(page: Page) -> None:
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")


def test_eight_tabs_share_one_stream(named: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, before_s=75.0)
    set_password(served)
    url = f"http://{NAME}:{served.port}/"
    with served.daemon(), Visit(named) as visit:
        visit.context.add_init_script(WATCH)
        log_in(visit.open(url))
        tabs = [visit.page, *(visit.context.new_page() for _ in range(TABS - 1))]
        assert not visit.page.evaluate("isSecureContext")
        for tab in tabs[1:]:
            tab.goto(url, wait_until="commit")
        for tab in tabs:
            expect(tab.locator("#link")).to_have_attribute("data-link", "live")
            expect(tab.locator("#state")).to_have_text("All quiet")
        wait_until(lambda: viewers(served) == 1, HANG_S, lambda: viewers(served))
        for tab in (tabs[0], tabs[-1]):
            assert tab.evaluate(SNOOZE, 10) == 200
            for each in tabs:
                expect(each.locator("body")).to_have_attribute("data-state", "snoozed")
            assert tab.evaluate(SNOOZE, 0) == 200
        tabs[0].close()  # the one that reads the stream: it was the first
        assert tabs[1].evaluate(SNOOZE, 10) == 200
        for tab in tabs[1:]:
            tab.wait_for_selector('body[data-state="snoozed"]')
            assert "lost" not in tab.evaluate("links")
        for tab in tabs[1:]:  # the curve shows the cry for two minutes
            until(tab, "document.getElementById('curve-line').getAttribute('d').length > 100", within_s=2 * HANG_S)
        # The daemon notices a closed stream with its next message
        wait_until(lambda: viewers(served) == 1, HANG_S, lambda: viewers(served))
        tabs[1].click("#open-settings")
        tabs[1].click("#logout")
        for tab in tabs[1:]:
            expect(tab.locator("#view-login")).to_be_visible()
        log_in(tabs[2])
        expect(tabs[2].locator("#link")).to_have_attribute("data-link", "live")
        assert [each for each in visit.complaints if "Cross-Origin-Opener-Policy" not in each] == []  # plain HTTP


def test_tabs_find_the_daemon_again_after_a_restart(named: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, cries=False)
    with Visit(named) as visit:
        with served.daemon():
            tabs = [visit.open(served.url), visit.context.new_page()]
            tabs[1].goto(served.url)
            for tab in tabs:
                expect(tab.locator("#link")).to_have_attribute("data-link", "live")
        for tab in tabs:
            expect(tab.locator("#link")).to_have_attribute("data-link", "lost")
        with served.daemon():
            for tab in tabs:
                expect(tab.locator("#link")).to_have_attribute("data-link", "live")
