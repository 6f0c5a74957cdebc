"""Planted or vanished files of the state folder, and an emptied configuration, while the daemon listens and stops."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.clips.settings import CONSENT
from tests.support.daemon import RunningDaemon, write_config
from tests.support.patience import HANG_S, wait_until
from tests.support.ports import free_port

STATE_FILES = (
    "controls.json",
    "feedback.json",
    "feedback-recent.json",
    "feedback.lock",
    "home.json",
    "home.lock",
    "history.sqlite3",
    "history.sqlite3-wal",
    "outbox.sqlite3",
    "web-sessions.json",
    "web-password",
    "offload.sqlite3",
    "clips",
)
SETTINGS = """
state_dir: {folder}/state
capture: {{file: {folder}/silence.wav, loop: true}}
detection: {{threshold: 0.7}}
clips: {{enabled: true, consent: "{consent}"}}
mqtt: {{host: 127.0.0.1, port: {broker_port}}}
web: {{port: {port}}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "silence.wav", np.zeros(SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
    (tmp_path / "state").mkdir()
    return write_config(
        tmp_path, SETTINGS.format(folder=tmp_path, port=free_port(), broker_port=free_port(), consent=CONSENT)
    )


def endless(path: Path) -> None:
    path.touch()
    os.truncate(path, 800_000_000)


def link(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, endless, link], ids=lambda make: make.__name__)
def test_it_listens_among_unfit_files_and_stops_in_time(config: Path, make: Callable[[Path], None]) -> None:
    for name in STATE_FILES:
        make(config.parent / "state" / name)
    with RunningDaemon(["run", "--config", str(config)]) as daemon:
        daemon.says("listening to", within_s=HANG_S)
        daemon.says("controls.json cannot be read", within_s=HANG_S)
        daemon.says("every login to the page is refused", within_s=HANG_S)
        assert daemon.stop(within_s=2.0) == 0


def test_a_deleted_state_folder_is_made_anew(config: Path) -> None:
    folder = config.parent / "state"
    with RunningDaemon(["run", "--config", str(config)]) as daemon:
        daemon.says("listening to", within_s=HANG_S)
        wait_until((folder / "history.sqlite3").exists, HANG_S, lambda: daemon.lines)

        def deleted() -> bool:  # until it is told: at first the daemon may not have looked at the folder yet
            told = any(f"the state folder {folder} was " in line for line in daemon.lines)
            if not told and folder.exists():
                shutil.rmtree(folder, ignore_errors=True)
            return told

        wait_until(deleted, HANG_S, lambda: daemon.lines)
        daemon.says("the state folder .* was (deleted; it is made anew|replaced)")
        assert daemon.stop() == 0
    assert (folder / "history.sqlite3").exists()


def test_an_emptied_configuration_is_refused_at_a_reload(config: Path) -> None:
    settings = config.read_text()
    with RunningDaemon(["run", "--config", str(config)]) as daemon:
        daemon.says("listening to", within_s=HANG_S)
        config.write_text("")
        daemon.process.send_signal(signal.SIGHUP)
        at = daemon.says("the configuration stays as it was: .*had settings, and is empty", within_s=HANG_S)
        config.unlink()
        os.mkfifo(config)
        daemon.process.send_signal(signal.SIGHUP)
        at = daemon.says("the configuration stays as it was: .*it is a pipe", within_s=HANG_S, after=at)
        config.unlink()
        config.write_text(settings.replace("0.7", "0.6"))
        daemon.process.send_signal(signal.SIGHUP)
        daemon.says("reloaded; changed: detection.threshold$", within_s=HANG_S, after=at)
        assert daemon.stop() == 0
