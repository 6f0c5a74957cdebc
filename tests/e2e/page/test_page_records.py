"""What the real daemon remembers, on its page: sounds, if the owner wants them, and what he says of an episode."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from babycryd.clips.settings import CONSENT
from babycryd.clips.store import FOLDER
from tests.support.broker import Broker
from tests.support.browser import Visit, short_night
from tests.support.live_page import PageDaemon, page_daemon
from tests.support.patience import HANG_S, wait_until

pytestmark = pytest.mark.slow

CRIES = 3


def three_cries(served: PageDaemon) -> None:
    short_night(served.recording, before_s=5.0, after_s=5.0)
    once, rate_hz = soundfile.read(served.recording, dtype="float32")
    soundfile.write(served.recording, [*once.tolist() * CRIES, *once[: 5 * rate_hz].tolist()], rate_hz)


def kept(served: PageDaemon) -> list[str]:
    return sorted(each.name for each in (served.folder / "state" / FOLDER).iterdir())


def test_sounds_are_played_seen_and_deleted(browser: Browser, tmp_path: Path) -> None:
    served = page_daemon(tmp_path)
    three_cries(served)
    with served.config.open("a") as config:
        config.write(f'clips: {{enabled: true, consent: "{CONSENT}", keep_free_mb: 10}}\n')
    with served.daemon(), Visit(browser) as visit:
        page = visit.open(served.url)
        visit.waits_for("crying")
        wait_until(lambda: any(name.endswith(".flac") for name in kept(served)), HANG_S, lambda: kept(served))
        page.click('[data-view="clips"]')
        _plays(page)
        _is_seen(page)
        wait_until(lambda: len(kept(served)) == CRIES and kept(served)[-1].endswith("flac"), 60.0, lambda: kept(served))
        _goes_one_by_one_and_all_at_once(visit, served)
        assert visit.complaints == []


def _plays(page: Page) -> None:
    def sound(asked: str) -> Any:
        return page.evaluate(f"document.querySelector('#clips audio').{asked}")

    page.wait_for_selector("#clips audio")
    sound("play()")
    wait_until(lambda: sound("currentTime") > 0.5, HANG_S, lambda: sound("currentTime"))
    assert sound("duration") > 10  # the cry, and what was before it
    sound("currentTime = 9")  # and from the middle on
    wait_until(lambda: sound("currentTime") > 9.5, HANG_S, lambda: sound("currentTime"))
    assert sound("error") is None


def _is_seen(page: Page) -> None:
    wait_until(lambda: page.evaluate("document.querySelector('#clips img').naturalWidth") > 0, HANG_S, page.content)
    drawn = page.evaluate("fetch(document.querySelector('#clips img').src).then((answer) => answer.text())")
    assert "data:image/png;base64," in drawn  # the spectrogram
    assert "<polyline" in drawn  # and the scores over it


def _goes_one_by_one_and_all_at_once(visit: Visit, served: PageDaemon) -> None:
    page, before = visit.page, kept(served)
    page.click('[data-view="now"]')
    page.click('[data-view="clips"]')
    expect(page.locator("#clips audio")).to_have_count(CRIES)
    delete = page.get_by_role("button", name="Delete:")
    delete.nth(1).click()  # newest first, so the middle one
    wait_until(lambda: visit.dialogs == ["Really delete?"], HANG_S, lambda: visit.dialogs)
    assert kept(served) == before  # the owner thought better of it
    visit.agrees = True
    delete.nth(1).click()
    expect(page.locator("#clips audio")).to_have_count(CRIES - 1)
    assert kept(served) == [before[0], before[2]]
    page.click("#delete-all")
    expect(page.locator("#clips")).to_have_text("No recording is kept.")
    expect(page.locator("#delete-all")).to_be_hidden()
    assert kept(served) == []


@pytest.mark.broker
def test_what_the_owner_says_is_remembered_from_page_command_and_mqtt(browser: Browser, tmp_path: Path) -> None:
    with Broker() as broker:
        served = page_daemon(tmp_path, broker=broker, before_s=5.0)
        with served.daemon(), Visit(browser) as visit:
            page = visit.open(served.url)
            visit.waits_for("crying")
            episode = _remembered(page, None)
            page.click("#mark-no")  # during the alarm: it ends the episode and its lullaby
            expect(page.locator("#episode-title")).to_have_text("The last cry")
            expect(page.locator("#play")).to_be_visible()
            _is_told_everywhere(page, episode, cry=False)
            _command(served, "feedback", "true")
            _is_told_everywhere(page, episode, cry=True)
            broker.publish("babycryd/nursery/feedback/set", json.dumps({"cry": False, "episode": episode}))
            _is_told_everywhere(page, episode, cry=False)
            page.click("#mark-yes")
            _is_told_everywhere(page, episode, cry=True)
        exported = _command(served, "history", "export", "--since", "1d")
        assert [row["cry"] for row in csv.DictReader(exported.splitlines())] == ["true"]


def _remembered(page: Page, cry: bool | None) -> str:  # noqa: FBT001  # what the owner says
    """The id of the one episode, once the history has this word of it."""
    found: list[dict[str, Any]] = []

    def has_it() -> bool:
        found[:] = page.evaluate("fetch('api/episodes').then((answer) => answer.json())")["episodes"]
        return [each["cry"] for each in found] == [cry]

    wait_until(has_it, HANG_S, lambda: found)
    return str(found[0]["id"])


def _is_told_everywhere(page: Page, episode: str, *, cry: bool) -> None:
    assert _remembered(page, cry) == episode
    expect(page.locator("#mark-yes")).to_have_attribute("aria-pressed", str(cry).lower())
    expect(page.locator("#mark-no")).to_have_attribute("aria-pressed", str(not cry).lower())
    table = page.evaluate("fetch('api/episodes?format=csv').then((answer) => answer.text())")
    assert [row["cry"] for row in csv.DictReader(table.splitlines())] == [str(cry).lower()]
    page.click('[data-view="nights"]')
    said = page.locator(f"#episode-{episode}").get_by_role("button", pressed=True)
    expect(said).to_have_text("It was my baby" if cry else "It was not")
    page.click('[data-view="now"]')


def _command(served: PageDaemon, *arguments: str) -> str:
    command = [sys.executable, "-m", "babycryd", *arguments, "--config", str(served.config)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
