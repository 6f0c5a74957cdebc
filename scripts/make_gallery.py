"""Makes a picture of every view of the live page: four widths, night and day, all languages; they are to be looked at.

python scripts/make_gallery.py FOLDER [VIEW...] [--widths 320,390] [--languages en,de] [--themes dark,light]

The page is the real one; the device behind it is made up: thirty nights, sounds that were tried, clips and troubles.
Needs Chromium. The pictures that the docs show come from scripts/make_screenshots.py.
"""

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["TZ"] = "Europe/Berlin"
time.tzset()

from babycryd.core.alert import AlertChanged  # noqa: E402  # the project is found above
from babycryd.core.check_result import CheckResult  # noqa: E402
from babycryd.core.events import CryStarted, Event, LevelMeasured, StateChanged  # noqa: E402
from babycryd.core.soothing_events import LullabyFailed  # noqa: E402
from babycryd.i18n import LANGUAGES  # noqa: E402
from tests.support.browser import Visit, chromium  # noqa: E402
from tests.support.home_rooms import MadeUpOverview, made_up_rooms  # noqa: E402
from tests.support.made_up_home import made_up_device, made_up_settings, settled, tonight  # noqa: E402
from tests.support.served_page import ServedPage, served_page  # noqa: E402

SIZES: Final = {320: (320, 568), 390: (390, 844), 820: (820, 1180), 1440: (1440, 900)}
THEMES: Final = ("dark", "light")
_CHANGED: Final = "net::ERR_NETWORK_CHANGED"  # an interface of this computer came or went; Chromium then ends requests
_WINDOWS: Final = ("kiosk", "settings", "first-steps")  # views that are as large as the window
_TRIES: Final = 5
_BROKER: Final = "the broker does not let us publish to babycryd/nursery/state (Not authorized)"


def crying(now_s: float) -> list[Event]:
    """The baby cries for four minutes, and an alert is out."""
    began_s = now_s - 240
    return [
        StateChanged(1.0, "crying", began_s, None),
        CryStarted(1.0, began_s, "20261129T021305250Z", 0.93),
        AlertChanged(1.0, "told", "crying", began_s),
    ]


def troubled(_: float) -> list[Event]:
    """The speaker does not play; the broker lets babycryd only read (see `gallery`)."""
    return [LullabyFailed(1.0, "rain", "ALSA: Couldn't open audio device: No such device (plughw:1,0)")]


def nothing(_: float) -> list[Event]:
    return []


VIEWS: Final[dict[str, tuple[str, Callable[[float], list[Event]], str]]] = {
    # by name: what follows the address, what happens, and what is clicked
    "now": ("", nothing, ""),
    "busy": ("", nothing, ""),
    "crying": ("", crying, ""),
    "trouble": ("", troubled, "#troubles summary"),
    "nights": ("#nights", nothing, "#earlier"),
    "folds": ("#nights", nothing, "#by-day summary, #whole-week summary"),
    "clips": ("#clips", nothing, ""),
    "rooms": ("rooms", nothing, ""),
    "settings": ("", nothing, "#open-settings"),
    "room-settings": ("#settings", nothing, "#view-settings details summary"),
    "first-steps": ("", nothing, ""),
    "kiosk": ("?kiosk", nothing, ""),
    "kiosk-crying": ("?kiosk", crying, ""),
}


@contextmanager
def home(folder: Path, view: str) -> Iterator[ServedPage]:
    """Serves the page of a home in which happens what the view shows."""
    broker = CheckResult("broker", good=False, text=_BROKER, advice="broker_rights")
    device = made_up_device(folder, tonight(), broker if view == "trouble" else None, busy_now=view == "busy")
    device.overview = MadeUpOverview(made_up_rooms(time.time(), more=8))
    device.settings = made_up_settings(folder, written=view != "first-steps")
    with served_page(folder, device) as served:
        for event in (*settled(time.time()), *VIEWS[view][1](time.time())):
            served.tell(event)
        yield served


def take(page: Page, click: str, path: Path) -> None:
    """Saves the whole page, and what stands above the fold of a large one."""
    if "nights" in page.url:
        page.wait_for_selector("#night svg")
    if page.url.endswith("#settings"):
        page.wait_for_selector("#view-settings input")
    if path.name.startswith("first-steps"):
        page.wait_for_selector("#first-steps[open]")
    if page.url.endswith("rooms"):
        page.wait_for_selector("#rooms > li")
    for selector in filter(None, click.split(", ")):
        page.wait_for_selector(selector, state="attached")
        page.locator(selector).first.click()
    page.wait_for_timeout(900)  # until pictures and meter rest
    page.screenshot(path=path, full_page=not path.name.startswith(_WINDOWS))
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    print(f"{path.name}{f': {wide} px too wide' if wide > 0 else ''}", flush=True)


def picture(
    browser: Browser, served: ServedPage, view: str, size: tuple[int, int], theme: str, path: Path
) -> list[str]:
    """Takes one view in the language that the file's name ends in; returns what the browser complained of."""
    address, _, click = VIEWS[view]
    with Visit(browser, size, theme, path.stem.rpartition("-")[2]) as visit:
        try:
            page = visit.open(served.url + address)
            page.wait_for_selector("#link[data-link=live]", timeout=20_000)
            served.tell(LevelMeasured(time.monotonic(), -47.0, -58.0))
            page.wait_for_timeout(500)
            take(page, click, path)
        except PlaywrightError as error:
            return [*visit.complaints, str(error)]
        return visit.complaints


def gallery(browser: Browser, folder: Path, view: str, chosen: argparse.Namespace) -> None:
    """Takes one view in every size, theme and language that was asked for."""
    with tempfile.TemporaryDirectory() as name, home(Path(name), view) as served:
        for width, theme, language in itertools.product(chosen.widths, chosen.themes, chosen.languages):
            path = folder / f"{view}-{width}-{theme}-{language}.png"
            for left in reversed(range(_TRIES)):
                complaints = picture(browser, served, view, SIZES[width], theme, path)
                if not left or not any(_CHANGED in each for each in complaints):
                    break
            assert complaints == [], complaints


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("views", nargs="*", default=list(VIEWS), help=", ".join(VIEWS))
    parser.add_argument("--widths", type=lambda text: [int(each) for each in text.split(",")], default=list(SIZES))
    parser.add_argument("--themes", type=lambda text: text.split(","), default=list(THEMES))
    parser.add_argument("--languages", type=lambda text: text.split(","), default=list(LANGUAGES))
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for view in chosen.views:
            gallery(browser, chosen.folder, view, chosen)


if __name__ == "__main__":
    main()
