"""The commands for the running daemon, as a user types them, and a real daemon whose page is switched off."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.system.local_socket import socket_name
from tests.support.daemon import RunningDaemon, write_config
from tests.support.patience import CLOCK_HANG_S, HANG_S, wait_until
from tests.support.sound_card import SoundCard

QUIET = os.environ | {"SDL_AUDIODRIVER": "dummy"}  # a speaker that is there and makes no sound
CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/state
web: {{enabled: false}}
lullaby: {{fade_in_s: 0.2, fade_out_s: 0.2}}
"""


def babycryd(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "babycryd", *words, "--config", str(folder / "babycryd.yaml")]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=CLOCK_HANG_S)


def test_the_daemon_is_commanded_without_its_page(tmp_path: Path) -> None:
    config = write_config(tmp_path, CONFIG.format(folder=tmp_path))
    room = np.random.default_rng(3).normal(0, 0.002, 300 * 16_000)
    soundfile.write(tmp_path / "room.flac", room, 16_000)
    arguments = ["run", "--config", str(config), "--recording", str(tmp_path / "room.flac")]
    with RunningDaemon(arguments, QUIET) as daemon:
        daemon.says("listening to")
        name = socket_name(tmp_path / "state")[1:]
        wait_until(lambda: name in Path("/proc/net/unix").read_text(), HANG_S, lambda: daemon.lines)
        assert babycryd(tmp_path, "volume", "30").returncode == 0
        assert "there is no track 'song'" in babycryd(tmp_path, "lullaby", "play", "song").stderr
        state = json.loads(babycryd(tmp_path, "status", "--json").stdout)
        assert (state["device"], state["volume"]) == ("nursery", 30.0)
        assert daemon.stop() == 0


@pytest.mark.slow
@pytest.mark.soundcard
def test_the_self_test_hears_the_speaker(tmp_path: Path) -> None:
    config = write_config(tmp_path, CONFIG.format(folder=tmp_path) + "capture: {device: mic}\n")
    with SoundCard(echo=0.5) as card:
        card.room_noise(2e-3)
        with RunningDaemon(["run", "--config", str(config)], card.env) as daemon:
            daemon.says("self-test", within_s=HANG_S)
            told = babycryd(tmp_path, "selftest")
            assert (told.returncode, told.stderr) == (0, "")
            assert told.stdout.startswith("the microphone hears the speaker, ")
            assert daemon.stop() == 0
