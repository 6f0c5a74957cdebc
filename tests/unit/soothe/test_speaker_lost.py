"""The lullaby on a virtual sound card that is pulled out, stalled, and plugged in again."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread

import numpy as np
import pytest

from tests.support.patience import exit_code, taken
from tests.support.sound_card import SoundCard

pytestmark = pytest.mark.soundcard

PROGRAM = Path(__file__).parents[2] / "support" / "lullaby_program.py"


@pytest.fixture
def card() -> Iterator[SoundCard]:
    with SoundCard() as one:
        yield one


class Lullaby:
    """The program, and the lines it prints."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self.program = program
        self._lines: Queue[str] = Queue()
        Thread(target=self._read, daemon=True).start()

    def says(self, limit_s: float) -> str:
        return taken(self._lines, limit_s)

    def _read(self) -> None:
        assert self.program.stdout is not None
        for line in self.program.stdout:
            self._lines.put(line.strip())


@contextmanager
def lullaby(card: SoundCard, driver: str, *, kill_when_open: int | None = None) -> Iterator[Lullaby]:
    command = [sys.executable, "-W", "error", str(PROGRAM)] + ([str(kill_when_open)] if kill_when_open else [])
    env = card.env | {"SDL_AUDIODRIVER": driver, "PYTHONPATH": str(PROGRAM.parents[2])}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as program:
        try:
            yield Lullaby(program)
        finally:
            program.kill()


@pytest.mark.parametrize("driver", ["pulseaudio", "alsa"])
def test_a_lost_speaker_is_told_within_two_seconds_and_found_again(card: SoundCard, driver: str) -> None:
    with lullaby(card, driver) as one:
        assert one.says(10) == "lullaby_started"
        assert np.std(card.record_speaker(1.0)) > 0.01
        card.kill()
        assert one.says(2) == "lullaby_failed the speaker is gone (unplugged, or its sound server ended)"
        card.start()
        assert one.says(5) == "lullaby_started"
        assert np.std(card.record_speaker(1.0)) > 0.01
        one.program.terminate()
        assert one.says(2) == "lullaby_stopped"
        assert exit_code(one.program, 2) == 0


@pytest.mark.parametrize("driver", ["pulseaudio", "alsa"])
def test_a_stalled_speaker_is_told_and_does_not_keep_the_process(card: SoundCard, driver: str) -> None:
    with lullaby(card, driver) as one:
        assert one.says(10) == "lullaby_started"
        subprocess.run(["pactl", "suspend-sink", "speaker", "1"], env=card.env, check=True)
        assert one.says(4) == "lullaby_failed the speaker takes no more sound (suspended or stalled)"
        one.program.terminate()
        assert exit_code(one.program, 2) == 0


def test_no_speaker_at_the_start(card: SoundCard) -> None:
    card.kill()
    with lullaby(card, "pulseaudio") as one:
        assert one.says(10).startswith("lullaby_failed the speaker cannot be opened")
        card.start()
        assert one.says(5) == "lullaby_started"


def test_a_speaker_that_goes_while_it_is_opened_is_not_taken_for_one_that_plays(card: SoundCard) -> None:
    with lullaby(card, "pulseaudio", kill_when_open=card.server_pid) as one:
        assert one.says(10) == "lullaby_started"
        assert one.says(2) == "lullaby_failed the speaker is gone (unplugged, or its sound server ended)"
