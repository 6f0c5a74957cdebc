"""The virtual sound card itself: a test that relies on it must be able to trust it."""

import subprocess
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.sound_card import SoundCard

pytestmark = pytest.mark.soundcard


def _beep(hz: float, seconds: float) -> NDArray[np.float64]:
    beep: NDArray[np.float64] = 0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * 16_000)) / 16_000)
    return beep


def _level_at(hz: float, heard: NDArray[Any]) -> float:
    """Amplitude of the tone in the loudest second, roughly."""
    seconds = [heard[at : at + 16_000] for at in range(0, max(1, len(heard) - 16_000), 4_000)]
    tone = np.exp(-2j * np.pi * hz * np.arange(16_000) / 16_000)
    return max(float(2 * abs(np.dot(part, tone[: len(part)])) / 16_000) for part in seconds)


def test_the_speaker_is_recorded_and_heard_in_the_room_as_an_echo() -> None:
    with SoundCard(echo=0.25) as card:
        beep = card.write_wav(_beep(440, 2.0))
        microphone = ["parec", "--device=mic", "--raw", "--format=s16le", "--rate=16000", "--channels=1"]
        with (card.home / "mic.raw").open("wb") as out:
            listener = subprocess.Popen(microphone, env=card.env, stdout=out)
        with card.recording_speaker() as heard:
            card.play(_beep(1_000, 2.0))
            subprocess.run(["paplay", "--device=speaker", str(beep)], env=card.env, check=True)
        listener.terminate()
        listener.wait()
        room = np.frombuffer((card.home / "mic.raw").read_bytes(), np.int16) / 32_768
    assert _level_at(440, heard[0]) == pytest.approx(0.3, rel=0.1)
    assert _level_at(1_000, heard[0]) < 0.01  # what sounds in the room is not in the speaker
    assert _level_at(440, room) == pytest.approx(0.3 * 0.25, rel=0.25)
    assert _level_at(1_000, room) == pytest.approx(0.3, rel=0.1)
