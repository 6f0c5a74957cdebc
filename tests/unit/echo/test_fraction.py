"""Shift by a fraction of a sample, against the same tone computed at the shifted times."""

import numpy as np
import pytest

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.echo.fraction import BORDER, shifted


@pytest.mark.parametrize("hz", [500.0, 2000.0, 5000.0])
@pytest.mark.parametrize(
    ("delay", "drift"), [(0.3, 0.0), (-0.5, 60e-6), (0.49, -200e-6), (0.0, 300e-6), (-0.5, -300e-6)]
)
def test_a_tone_is_shifted(hz: float, delay: float, drift: float) -> None:
    turn = 2 * np.pi * hz / SAMPLE_RATE_HZ
    at = np.arange(HOP)
    tone = np.sin(turn * np.arange(-BORDER, HOP + BORDER)).astype(np.float32)
    error = shifted(tone, delay, drift) - np.sin(turn * (at - delay - drift * at))
    assert 20 * np.log10(error.std() * np.sqrt(2)) < -30


def test_no_shift_returns_the_same_samples() -> None:
    samples = np.random.default_rng(0).standard_normal(HOP + 2 * BORDER).astype(np.float32)
    assert np.array_equal(shifted(samples, 0.0, 0.0), samples[BORDER:-BORDER])
