"""A folder of the owner's sounds in which nothing is as its name says, through `check-config` and the daemon."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from tests.support.daemon import RunningDaemon, write_config
from tests.support.demo_sound import demo_samples
from tests.support.lullabies import endless_aiff, lullaby, song_folder
from tests.support.patience import CLOCK_HANG_S, HANG_S, wait_until
from tests.support.processes import children, runs

CONFIG = "state_dir: {folder}/state\ncapture: {{file: {folder}/cry.wav}}\nlullaby: {{folder: {folder}/songs}}\n"
ENV = os.environ | {"SDL_AUDIODRIVER": "dummy"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose recording begins to cry after five seconds."""
    night = demo_samples()[20 * SAMPLE_RATE_HZ : 50 * SAMPLE_RATE_HZ]
    soundfile.write(tmp_path / "cry.wav", night, SAMPLE_RATE_HZ)
    return write_config(tmp_path, CONFIG.format(folder=tmp_path) + "web: {enabled: false}\n")


def test_check_config_names_what_cannot_be_played(config: Path, tmp_path: Path) -> None:
    song_folder(tmp_path / "songs")
    command = [sys.executable, "-m", "babycryd", "check-config", str(config)]
    done = subprocess.run(command, env=ENV, capture_output=True, text=True, check=False, timeout=CLOCK_HANG_S)
    assert (done.returncode, done.stdout) == (0, f"{config}: good\n")
    told = done.stderr.splitlines()
    assert len(told) == 5
    assert all(line.startswith(f"lullaby.folder: {tmp_path}/songs/") for line in told)


def test_a_cry_starts_a_song_that_can_be_played(config: Path, tmp_path: Path) -> None:
    song_folder(tmp_path / "songs")
    with RunningDaemon(["run", "--config", str(config)], ENV) as daemon:
        daemon.says("phone.m4a cannot be played .* left out")
        daemon.says("lullaby starts: (sch\N{REPLACEMENT CHARACTER}n|song without ending|voice message)")
        assert daemon.stop() == 0
    assert not any("Traceback" in line for line in daemon.lines)


def test_with_only_a_song_that_froze_the_daemon_a_shipped_sound_plays(config: Path, tmp_path: Path) -> None:
    (tmp_path / "songs").mkdir()
    (tmp_path / "songs" / "evil.aiff").write_bytes(endless_aiff())
    with RunningDaemon(["run", "--config", str(config)], ENV) as daemon:
        daemon.says("lullaby starts: brahms-lullaby")
        assert daemon.stop() == 0


def test_the_lullaby_ends_with_a_daemon_that_was_killed(config: Path, tmp_path: Path) -> None:
    (tmp_path / "songs").mkdir()
    (tmp_path / "songs" / "song.wav").write_bytes(lullaby("wav"))
    with RunningDaemon(["run", "--config", str(config)], ENV) as daemon:
        daemon.says("lullaby starts: song")
        mixers = children(daemon.process.pid)
        assert mixers
        for mixer in mixers:
            os.kill(mixer, signal.SIGSTOP)  # it cannot read that its calls have ended
        daemon.process.kill()
        wait_until(lambda: not any(map(runs, mixers)), HANG_S, lambda: mixers)
