"""The page in the ingress of a real Home Assistant: its core's own proxy, and a Supervisor as it is documented."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Visit
from tests.support.core_ingress import core_ingress
from tests.support.home_assistant import root_or_skip
from tests.support.live_page import page_daemon

pytestmark = pytest.mark.slow

WEB = ", trusted_proxies: [127.0.0.1], proxy_logs_in: true"


def plays(page: Page) -> None:
    """The live stream arrives, and a command is obeyed."""
    page.wait_for_selector("#link[data-link=live]")
    page.click("#play")
    expect(page.locator("#stop")).to_be_visible()
    page.click("#stop")
    page.click('[data-view="nights"]')
    page.wait_for_selector("#night svg")


@pytest.fixture
def root() -> Path:
    return root_or_skip()


def test_the_page_lives_below_the_path_of_home_assistants_core(browser: Browser, root: Path, tmp_path: Path) -> None:
    served = page_daemon(tmp_path, web=WEB, cries=False)
    with served.daemon(), core_ingress(root, served.url) as url, Visit(browser) as visit:
        plays(visit.open(url))
        assert visit.complaints == []
