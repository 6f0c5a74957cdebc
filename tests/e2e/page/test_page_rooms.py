"""The view of all rooms: fifty of them, and four real daemons at a real broker."""

import re
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from babycryd.core.check_result import CheckResult
from babycryd.core.home_rooms import HomeRoom, HomeRooms, RoomTrouble
from tests.support.broker import Broker
from tests.support.browser import DESKTOP, PHONE, Visit, violations
from tests.support.home_rooms import MadeUpOverview, made_up_rooms
from tests.support.live_page import page_daemon
from tests.support.made_up_home import settled
from tests.support.served_page import served_page
from tests.support.serving import ServedDevice

FIND = "\noverview: {find: true}\n"


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")])
def test_fifty_rooms_stand_on_the_page_the_urgent_ones_first(
    browser: Browser, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    device = ServedDevice(overview=(overview := MadeUpOverview(made_up_rooms(time.time(), more=45))))
    with served_page(tmp_path, device) as served, Visit(browser, size, scheme) as visit:
        page = visit.open(f"{served.url}rooms")
        cards = page.locator("#rooms > li")
        expect(cards).to_have_count(50)
        expect(page.locator("#rooms-sentence")).to_have_text(
            "50 rooms: 1 baby is crying, 2 rooms are not heard, 1 room has trouble."
        )
        shown = cards.evaluate_all("cards => cards.slice(0, 4).map(each => each.dataset.state)")
        assert shown == ["crying", "gone", "unknown", "listening"]  # the last has a trouble
        expect(page.locator("#rooms h3", has_text="<b>Hall</b>")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert violations(page) == []
        page.locator("#rooms summary").first.click()
        overview.rooms = HomeRooms((*overview.rooms.rooms[1:], HomeRoom("new", "New", "deaf")))
        expect(page.locator('#rooms > li[data-room$="new"]')).to_have_count(1)
        expect(page.locator('#rooms > li[data-state="crying"]')).to_have_count(0)
        expect(page.locator("#rooms details[open]")).to_have_count(1)  # a card that did not change stays as it is
        page.click('[data-view="now"]')
        expect(page.locator("#view-rooms")).to_be_hidden()
        expect(page.locator("#view-now")).to_be_visible()
        assert visit.complaints == []


SENTENCES = {  # with the room of the page itself
    "en": ("4 rooms: 1 room has trouble.", "5 rooms: 3 rooms have trouble.", "3 rooms: nothing needs you."),
    "de": (
        "4 Zimmer: 1 Zimmer meldet eine Störung.",
        "5 Zimmer: 3 Zimmer melden eine Störung.",
        "3 Zimmer: niemand braucht Sie.",
    ),
    "es": (
        "4 cuartos: 1 cuarto tiene un problema.",
        "5 cuartos: 3 cuartos tienen un problema.",
        "3 cuartos: nada te necesita.",
    ),
    "fr": (
        "4 chambres : 1 chambre a un problème.",
        "5 chambres : 3 chambres ont un problème.",
        "3 chambres : personne n’a besoin de vous.",
    ),
}


@pytest.mark.parametrize("language", SENTENCES)
def test_the_sentence_counts_rooms_with_trouble_that_hear(language: str, browser: Browser, tmp_path: Path) -> None:
    quiet = (HomeRoom("one", "One", "listening"), HomeRoom("two", "Two", "soothing"))
    speaker = HomeRoom("three", "Three", "listening", troubles=(RoomTrouble("speaker", "it does not play"),))
    badly = HomeRoom("four", "Four", "doubtful", troubles=(RoomTrouble("self_test", "not heard"),))
    paused = HomeRoom("five", "Five", "snoozed", troubles=(RoomTrouble("disk", "full"), RoomTrouble("speaker", "gone")))
    overview = MadeUpOverview(HomeRooms((*quiet, speaker)))
    device = ServedDevice(overview=overview)
    device.results = (CheckResult("disk", good=True, text=""),)
    with served_page(tmp_path, device) as served, Visit(browser, language=language) as visit:
        for event in settled(time.time()):
            served.tell(event)
        sentence = visit.open(f"{served.url}rooms").locator("#rooms-sentence")
        some, more, none = SENTENCES[language]
        expect(sentence).to_have_text(some)
        overview.rooms = HomeRooms((quiet[0], speaker, badly, paused))
        expect(sentence).to_have_text(more)
        overview.rooms = HomeRooms(quiet)
        expect(sentence).to_have_text(none)


def test_a_stream_that_ends_shows_no_old_state(browser: Browser, tmp_path: Path) -> None:
    device = ServedDevice(overview=MadeUpOverview(made_up_rooms(time.time())))
    with Visit(browser) as visit:
        with served_page(tmp_path, device) as served:
            page = visit.open(f"{served.url}rooms")
            expect(page.locator("#rooms > li")).to_have_count(5)
        expect(page.locator("#rooms > li")).to_have_count(0)


@pytest.mark.slow
@pytest.mark.broker
def test_four_daemons_find_one_another(browser: Browser, tmp_path: Path) -> None:
    with Broker() as broker, ExitStack() as stack:
        running = {}
        for name in ("nursery", "twins", "attic", "hall"):
            (tmp_path / name).mkdir()
            served = page_daemon(tmp_path / name, room=name.title(), broker=broker, cries=name == "twins")
            text = served.config.read_text().replace("id: nursery", f"id: {name}")
            served.config.write_text(text + (FIND if name == "nursery" else ""))
            running[name] = (served, stack.enter_context(served.daemon()))
        with Visit(browser) as visit:
            page = visit.open(f"{running['nursery'][0].url}rooms")
            expect(page.locator("#rooms > li")).to_have_count(4)
            expect(page.locator("#rooms > li", has_text="Twins")).to_contain_text(re.compile("last cry|crying"))
            running["attic"][1].process.kill()
            expect(page.locator("#rooms > li", has_text="Attic")).to_contain_text("Not reachable")
            broker.kill()
            expect(page.locator("#rooms-trouble")).to_contain_text("cannot be found")
            expect(page.locator('#rooms > li[data-state="unknown"]')).to_have_count(3)
            broker.start()
            expect(page.locator("#rooms > li", has_text="Hall")).to_contain_text("All quiet")
            expect(page.locator("#rooms > li", has_text="Attic")).to_have_count(1)  # the broker has forgotten it
            page.screenshot(path=tmp_path / "rooms.png", full_page=True)
            assert visit.complaints == []
