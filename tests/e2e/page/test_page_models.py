"""What the live page says of a new model: a line among the checks, and a calm note beside the state."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from babycryd.core.check_result import CheckResult
from babycryd.core.events import Hearing, StateChanged
from babycryd.core.health_parts import ModelHealth
from babycryd.i18n import LANGUAGES, texts
from babycryd.model_channel.status import check
from tests.support.browser import Visit
from tests.support.metrics import HEALTH
from tests.support.served_page import served_page
from tests.support.serving import ServedDevice

pytestmark = pytest.mark.slow

TRIAL = ModelHealth("trial", None, "ab" * 32, heard_s=9_000, wanted_s=36_000)
PASSED = ModelHealth("passed", None, "ab" * 32, heard_s=36_000, wanted_s=36_000)
DROPPED = ModelHealth("rolled_back", None, why="it gives no scores")


def line(page: Page) -> str:
    name = texts(page.evaluate("document.documentElement.lang"))["page.health.model"]
    item = page.locator("#health li", has=page.locator(".what", has_text=name))
    return (item.locator(".text").text_content() or "").replace("\u00a0", " ")


def device(model: ModelHealth) -> ServedDevice:
    return ServedDevice(results=(CheckResult("disk", good=True, text="9 GB free"), check(model)))


@pytest.mark.parametrize("model", [PASSED, DROPPED], ids=["passed", "dropped"])
def test_what_the_owner_should_know_stands_beside_the_state(
    model: ModelHealth, browser: Browser, tmp_path: Path
) -> None:
    with served_page(tmp_path, device(model)) as served:
        for language in LANGUAGES:
            with Visit(browser, language=language) as visit:
                page = visit.open(served.url)
                served.tell(Hearing(1.0, "mic"))
                served.tell(StateChanged(1.0, "listening", 1.7e9))
                visit.waits_for("listening")  # and not in doubt
                note = page.locator("#troubles .note")
                expect(note.locator("strong")).to_have_text(texts(language)[f"page.trouble.model_{model.state}"])
                expect(note.locator("p").first).to_have_text(texts(language)[f"page.remedy.model_{model.state}"])
                assert line(page) == texts(language)[f"page.health.model_{model.state}"]


def test_a_trial_is_a_line_with_how_far_it_is_and_no_note(browser: Browser, tmp_path: Path) -> None:
    with served_page(tmp_path, device(TRIAL)) as served, Visit(browser) as visit:
        page = visit.open(served.url)
        served.tell(replace(HEALTH, model=TRIAL))
        served.tell(StateChanged(1.0, "listening", 1.7e9))
        visit.waits_for("listening")
        expect(page.locator("#health")).to_contain_text("25")
        assert line(page) == "a new one listens along (25 %)"
        expect(page.locator("#troubles .note")).to_have_count(0)
