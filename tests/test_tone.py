"""The test tone is found where it is, and nowhere else."""

import numpy as np
import pytest

from babycryd.tone import HEARD, LENGTH_S, likeness, tone

RATE_HZ = 16_000


def room(seconds: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.01, round(seconds * RATE_HZ)).astype(np.float32)


@pytest.mark.parametrize("gain", [0.3, 0.02, 0.01])
def test_a_tone_in_noise_is_found_at_its_time(gain: float) -> None:
    heard = room(3.0, 1)
    heard[20_000 : 20_000 + round(LENGTH_S * RATE_HZ)] += gain * tone(RATE_HZ)
    found, at_s = likeness(heard, RATE_HZ)
    assert found > HEARD
    assert at_s == pytest.approx(1.25, abs=0.01)


def test_noise_and_silence_are_no_tone() -> None:
    assert max(likeness(room(3.0, seed), RATE_HZ)[0] for seed in range(50)) < 0.12
    assert likeness(np.zeros(48_000, np.float32), RATE_HZ)[0] == 0
    assert likeness(np.zeros(10, np.float32), RATE_HZ) == (0.0, 0.0)
