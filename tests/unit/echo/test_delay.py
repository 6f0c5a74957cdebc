"""Delay finder: finds the echo of a room, also under another sound, and nothing where there is none."""

import numpy as np
import pytest

from babycryd.audio.block import Mono
from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.echo.delay import EARLIEST, LATEST, LOOK, LOOKS, DelayFinder
from tests.support.echoes import LATENCY, heard_from, noise

N = 12 * SAMPLE_RATE_HZ
STEP = SAMPLE_RATE_HZ // 2


def looks(heard: Mono, played: Mono) -> list[int | None]:
    """Results of one look after the other, half a second apart."""
    finder = DelayFinder()
    padded = np.pad(played, (LATEST, -EARLIEST))
    ends = range(LATENCY + SAMPLE_RATE_HZ, len(heard) + 1, STEP)
    return [
        finder.look(heard[max(0, end - LOOK) : end], padded[max(0, end - LOOK) : end + LATEST - EARLIEST])
        for end in ends
    ]


@pytest.mark.parametrize("other_rms", [0.0, 0.05, 0.15])
def test_the_echo_is_found_under_another_sound(other_rms: float) -> None:
    rng = np.random.default_rng(1)
    played = noise(rng, N)
    heard = heard_from(played) + np.float32(other_rms) * rng.standard_normal(N).astype(np.float32) + np.float32(1e-4)
    found = looks(heard, played)
    assert found[: LOOKS - 1] == [None] * (LOOKS - 1)
    assert found[-1] is not None
    assert abs(found[-1] - LATENCY) < 320


def test_nothing_is_found_in_another_sound_and_in_silence() -> None:
    rng = np.random.default_rng(2)
    played = noise(rng, N)
    assert set(looks(noise(rng, N), played)) == {None}
    assert set(looks(np.zeros(N, np.float32), played)) == {None}


def test_what_was_found_is_forgotten() -> None:
    rng = np.random.default_rng(3)
    played = noise(rng, N)
    finder, heard = DelayFinder(), heard_from(played)
    padded = np.pad(played, (LATEST, -EARLIEST))
    for _ in range(LOOKS):
        found = finder.look(heard[:LOOK], padded[: LOOK + LATEST - EARLIEST])
    assert found is not None
    finder.forget()
    assert finder.look(heard[:LOOK], padded[: LOOK + LATEST - EARLIEST]) is None
