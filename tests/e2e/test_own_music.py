"""The whole daemon hears a cry through its own music, on a virtual sound card whose speaker is heard in the room."""

import contextlib
import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from tests.support.daemon import RunningDaemon, write_config
from tests.support.demo_sound import demo_samples
from tests.support.echo_room import EchoRoom
from tests.support.echoes import speex_filter
from tests.support.patience import HANG_S, wait_until
from tests.support.ports import free_port
from tests.support.sound_card import SoundCard

pytestmark = [pytest.mark.slow, pytest.mark.soundcard]

CONFIG = """
state_dir: {folder}/state
capture: {{device: mic}}
self_test: {{every_h: 0}}
web: {{port: {port}}}
lullaby: {{fade_in_s: 1}}
"""
CANCELLED_DB = 12.0  # by which the level of the lullaby falls; 20 to 24 were seen


class Levels:
    """The levels that the page's live stream tells."""

    def __init__(self, address: str) -> None:
        self.dbfs: list[float] = []
        threading.Thread(target=self._read, args=(f"{address}/api/events",), daemon=True).start()

    def _read(self, url: str) -> None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url) as stream:  # noqa: S310  # our own address
            for line in stream:
                if line.startswith(b"data: ") and (level := json.loads(line[6:]).get("level_dbfs")) is not None:
                    self.dbfs.append(level)


@contextmanager
def daemon(card: SoundCard, folder: Path) -> Iterator[tuple[RunningDaemon, str]]:
    port = free_port()
    config = write_config(folder, CONFIG.format(folder=folder, port=port))
    with RunningDaemon(["run", "--config", str(config)], card.env) as running:
        running.says("listening to", within_s=HANG_S)
        yield running, f"http://127.0.0.1:{port}"
        assert running.stop(within_s=HANG_S) == 0


def ask(address: str, lullaby: str) -> None:
    body, header = json.dumps({"lullaby": lullaby}).encode(), {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/api/lullaby", body, header)  # noqa: S310  # our own address
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        assert answer.status == 200


@pytest.mark.parametrize("drift_ppm", [0.0, 60.0])
def test_the_lullaby_leaves_the_level_and_the_cry_is_heard(drift_ppm: float, tmp_path: Path) -> None:
    speex_filter()
    cry = next(scene for scene in DemoNight().scenes if scene.what == "cry")
    crying = demo_samples()[int(cry.start_s * SAMPLE_RATE_HZ) : int(cry.end_s * SAMPLE_RATE_HZ)]
    with SoundCard() as card, EchoRoom(card, gain=0.5, drift_ppm=drift_ppm):
        card.room_noise()
        with daemon(card, tmp_path) as (running, address):
            levels = Levels(address)
            wait_until(lambda: len(levels.dbfs) > 2, HANG_S, lambda: levels.dbfs)
            ask(address, "pink-noise")
            wait_until(lambda: levels.dbfs[-1] < max(levels.dbfs) - CANCELLED_DB, 3 * HANG_S, lambda: levels.dbfs)
            assert max(levels.dbfs) > -45  # the microphone did hear it
            said = len(running.lines)
            card.play(np.float32(0.5) * crying)
            running.says("the baby cries", within_s=HANG_S, after=said)
