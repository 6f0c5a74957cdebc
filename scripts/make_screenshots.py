"""Makes the pictures of live page and report in docs/images: the real daemon, a real browser, synthetic nights.

python scripts/make_screenshots.py

Needs Chromium, and uses the font Inter where Debian's fonts-inter is installed. The picture of Home Assistant comes
from scripts/make_home_assistant_picture.py.
"""

import io
import os
import random
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["TZ"] = "Europe/Berlin"
time.tzset()

from babycryd.clips.settings import CONSENT  # noqa: E402  # the project is found above
from babycryd.history.retention import RetentionLimits  # noqa: E402
from babycryd.history.task import HistoryWriter  # noqa: E402
from babycryd.report.day import DAYS, Day  # noqa: E402
from babycryd.report.rasterizer import png  # noqa: E402
from babycryd.report.report import Night, drawing  # noqa: E402
from tests.support.browser import DESKTOP, PHONE, Visit, chromium  # noqa: E402
from tests.support.home_rooms import MadeUpOverview, made_up_rooms  # noqa: E402
from tests.support.live_page import PageDaemon, page_daemon  # noqa: E402
from tests.support.made_up_home import made_up_device, night, settled, tonight  # noqa: E402
from tests.support.ports import free_port  # noqa: E402
from tests.support.sample_nights import (  # noqa: E402
    BERLIN,
    DAY,
    deaf_night,
    easy_night,
    empty_night,
    hard_night,
)
from tests.support.served_page import served_page  # noqa: E402

FOLDER = ROOT / "docs" / "images"
_COLOURS = 192
_ROOMS = (1440, 800)  # of the window, so that no empty room is in the picture


def keep(page: Page, name: str) -> None:
    """Saves what the page shows as a small PNG."""
    page.wait_for_timeout(1200)  # until the meter rests
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)
    print(f"{name}.png: {(FOLDER / f'{name}.png').stat().st_size // 1000} kB")


def draw_report() -> None:
    """The morning report of a good night after a mixed week."""
    week = [hard_night, easy_night, hard_night, deaf_night, easy_night, empty_night, easy_night]
    days = [DAY - timedelta(days=back) for back in range(2 * DAYS - 1, -1, -1)]
    made = [Day(day, make(day, whole_day=True)) for day, make in zip(days, [hard_night] * DAYS + week, strict=True)]
    night = Night(DAY, easy_night(), easy_night().end_utc_s, made[DAYS:], made[:DAYS], "en", BERLIN)
    (FOLDER / "report.png").write_bytes(png(drawing(night), zoom=2.0))


def write_nights(folder: Path) -> None:
    """Writes thirty made-up nights into the history."""
    today = date.today()  # noqa: DTZ011  # the page, too, goes by the local clock
    chance = random.Random(4)  # noqa: S311  # the same nights each time
    writer = HistoryWriter(folder, RetentionLimits(10_000, 50))
    for ago in range(36, -1, -1):
        span = night(today - timedelta(days=ago), chance, ago)
        known = [each for each in span.stretches if each.doing != "off"]
        sounds = [each for episode in span.episodes for each in episode.sounds]
        writer.keep([*span.episodes, *span.lullabies, *known, *sounds], time.time())
    writer.close()


def take_night(browser: Browser, served: PageDaemon) -> None:
    """A cry, a lullaby on request, a pause, the nights, the sounds, and a lost connection."""
    with served.daemon(), Visit(browser, PHONE) as phone, Visit(browser, PHONE, "light") as day:
        for visit in (phone, day):
            visit.open(served.url)
            visit.waits_for("listening")
        keep(day.page, "phone-day-quiet")
        phone.waits_for("crying")
        phone.page.wait_for_timeout(1000)
        keep(phone.page, "phone-night-crying")
        phone.waits_for("listening")
        phone.page.click("#play")
        phone.waits_for("soothing")
        keep(phone.page, "phone-night-soothing")
        phone.page.click("#stop")
        phone.waits_for("listening")
        phone.page.click("[data-post='api/snooze'][data-fields*='30']")
        day.waits_for("snoozed")
        keep(day.page, "phone-day-snoozed")
        phone.page.click("#snooze-end")
        with Visit(browser, DESKTOP, "light") as desktop:
            page = desktop.open(f"{served.url}#nights")
            page.wait_for_selector("#night svg")
            page.click("#earlier")
            page.wait_for_timeout(500)
            keep(page, "desktop-day-nights")
            page.click('[data-view="now"]')
            page.wait_for_selector("#tonight svg")
            keep(page, "desktop-day-now")
        with Visit(browser, DESKTOP) as wall:
            wall.open(f"{served.url}?kiosk")
            wall.waits_for("listening")
            keep(wall.page, "desktop-kiosk")
        phone.page.click('[data-view="clips"]')
        phone.page.wait_for_selector("#clips img")
        keep(phone.page, "phone-night-sounds")
        phone.page.click('[data-view="now"]')
        phone.waits_for("listening")
    with Visit(browser, PHONE) as phone:
        with served.daemon():
            phone.open(served.url)
            phone.waits_for("listening")
        phone.waits_for("lost")
        keep(phone.page, "phone-night-lost")


def take_trouble(browser: Browser, served: PageDaemon) -> None:
    """The trouble beside the state when nothing answers at the broker's port."""
    with served.config.open("a") as config:
        config.write(f"mqtt: {{host: 127.0.0.1, port: {free_port()}}}\n")
    with served.daemon() as daemon, Visit(browser, PHONE, "light") as phone:
        daemon.says("no MQTT for now", within_s=30)
        page = phone.open(served.url)
        phone.waits_for("listening")
        page.wait_for_selector("#troubles li", timeout=20_000)
        page.click("#troubles summary")
        keep(page, "phone-day-trouble")


def take_rooms(browser: Browser, folder: Path) -> None:
    """Six rooms of a home on one page; three of them need somebody."""
    names = {"guests": "Guest room", "hall": "Hall"}
    rooms = made_up_rooms(time.time(), more=1)
    named = tuple(replace(each, name=names.get(each.id, each.name)) for each in rooms.rooms)
    device = made_up_device(folder, tonight())
    device.overview = MadeUpOverview(replace(rooms, rooms=named))
    with served_page(folder, device) as served, Visit(browser, _ROOMS, "light") as desktop:
        for event in settled(time.time()):
            served.tell(event)
        page = desktop.open(f"{served.url}rooms")
        page.wait_for_selector("#rooms > li:nth-child(6)")
        keep(page, "desktop-day-rooms")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    draw_report()
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        served = page_daemon(folder, before_s=60.0, after_s=900.0)  # the daemon ends with it, also on a busy machine
        with served.config.open("a") as config:
            config.write(f'clips: {{enabled: true, consent: "{CONSENT}"}}\n')
        write_nights(folder / "state")
        take_night(browser, served)
        take_trouble(browser, served)
        (folder / "rooms").mkdir()
        take_rooms(browser, folder / "rooms")


if __name__ == "__main__":
    main()
