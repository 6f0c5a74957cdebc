"""Makes docs/images/home-assistant.png: the example dashboard in a real Home Assistant, during a cry.

python scripts/make_home_assistant_picture.py

The daemon with a recording as its microphone, mosquitto and Home Assistant are real. The twelve hours before are a
synthetic night, written into the file in which Home Assistant keeps past states; "Today" is its sum.
Needs root, Chromium, mosquitto and debootstrap; makes Home Assistant with scripts/make_home_assistant where there is
none.
"""

import io
import math
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.broker import Broker  # noqa: E402  # the project is found above
from tests.support.browser import chromium  # noqa: E402
from tests.support.home_assistant import MAKE, HomeAssistant  # noqa: E402
from tests.support.live_page import page_daemon  # noqa: E402

PICTURE = ROOT / "docs" / "images" / "home-assistant.png"
DASHBOARD = ROOT / "config" / "homeassistant" / "dashboard.yaml"
PAGES = """
frontend:
history:
recorder: {commit_interval: 1}
lovelace: {mode: yaml, dashboards: {baby-monitor: {mode: yaml, title: Baby, filename: dashboard.yaml}}}
"""
TABLET = ViewportSize(width=820, height=900)
NIGHT_H = 11.9  # the dashboard shows twelve
CRIES = ((-9.2, 6.0), (-5.1, 14.0), (-1.4, 8.0))  # hours from now, minutes
_SOOTHING_MIN = 9.0
_LEVEL_EVERY_S = 60.0
_CRY_DBFS, _QUIET_DBFS = -24.0, -58.0
_COLOURS = 128
_BEFORE_S = 120.0  # of quiet: a busy computer opens the dashboard slowly
State = tuple[str, str, float]  # entity, state, when in Unix seconds


def night_before(now_s: float) -> Iterator[State]:
    """The states of a night with three cries, each followed by a lullaby that plays on."""
    start_s = now_s - NIGHT_H * 3600
    yield "sensor.nursery_state", "listening", start_s
    yield "binary_sensor.nursery_crying", "off", start_s
    for ago_h, length_min in CRIES:
        begin_s = now_s + ago_h * 3600
        calm_s = begin_s + length_min * 60
        yield "binary_sensor.nursery_crying", "on", begin_s
        yield "sensor.nursery_state", "crying", begin_s
        yield "binary_sensor.nursery_crying", "off", calm_s
        yield "sensor.nursery_state", "soothing", calm_s
        yield "sensor.nursery_state", "listening", calm_s + _SOOTHING_MIN * 60
    yield from _levels(start_s, now_s)


def _levels(start_s: float, now_s: float) -> Iterator[State]:
    chance = random.Random(1)  # noqa: S311  # a curve, no secret
    for step in range(int((now_s - start_s) / _LEVEL_EVERY_S)):
        at_s = start_s + step * _LEVEL_EVERY_S
        cries = any(0 <= (at_s - now_s) / 60 - ago_h * 60 < minutes for ago_h, minutes in CRIES)
        level = _CRY_DBFS + 6 * math.sin(step * 2.1) if cries else _QUIET_DBFS + chance.gauss(0, 0.7)
        yield "sensor.nursery_noise_level", f"{level:.1f}", at_s


def write_past(database: Path, states: Iterator[State]) -> None:
    """Insert states into the file of Home Assistant's recorder, which must have seen each entity once."""
    with closing(sqlite3.connect(database, timeout=20)) as file, file:
        known = dict(file.execute("SELECT entity_id, metadata_id FROM states_meta"))
        rows = [(known[entity], state, at_s) for entity, state, at_s in states]
        file.executemany(
            "INSERT INTO states (metadata_id, state, last_updated_ts, origin_idx) VALUES (?, ?, ?, 0)", rows
        )


def dashboard(browser: Browser, home: HomeAssistant) -> Page:
    """The whole dashboard at the width of a tablet, where Home Assistant hides its menu."""
    context = browser.new_context(viewport=TABLET, locale="en-GB", color_scheme="light")
    context.add_init_script(home.browser_login())
    page = context.new_page()
    page.goto(f"{home.url}/baby-monitor/baby")
    page.get_by_text("Noise level").first.wait_for()
    return page


def take_picture(page: Page) -> None:
    page.get_by_text("Detected").first.wait_for()
    page.wait_for_timeout(2000)  # the curves are drawn
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(PICTURE, optimize=True)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size // 1000} kB")


def main() -> None:
    root = Path(os.environ.get("BABYCRYD_HA_ROOT") or Path.home() / ".cache/babycryd/home-assistant")
    subprocess.run([str(MAKE), str(root)], check=True)  # noqa: S603  # our own script
    files = {DASHBOARD.name: DASHBOARD.read_text("utf-8")}
    with tempfile.TemporaryDirectory() as name, Broker() as broker, chromium() as browser:
        served = page_daemon(Path(name), broker=broker, before_s=_BEFORE_S, after_s=90.0)
        with HomeAssistant(root, broker.port, PAGES, files) as home, served.daemon():
            home.wait_state("sensor.nursery_state", "listening", within_s=30)
            home.until(lambda: home.state("sensor.nursery_noise_level") not in {"missing", "unknown"}, 10)
            time.sleep(3)  # the recorder has written
            write_past(home.folder / "home-assistant_v2.db", night_before(time.time()))
            page = dashboard(browser, home)
            home.wait_state("binary_sensor.nursery_crying", "on", within_s=_BEFORE_S)
            home.wait_state("switch.nursery_lullaby", "on")
            minutes = sum(length_min for _, length_min in CRIES)
            broker.publish("babycryd/nursery/today", f'{{"crying_minutes": {minutes}, "episodes": {len(CRIES)}}}')
            take_picture(page)


if __name__ == "__main__":
    main()
