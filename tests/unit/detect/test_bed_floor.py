"""The benchmark's floor for other machines: a steady noise becomes softer, a sound above it stays."""

import numpy as np

from babycryd.audio.format import SAMPLE_RATE_HZ
from benchmarks.beds_both_stages import without_floor


def level_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


def test_the_bed_leaves_and_a_louder_sound_stays() -> None:
    rng = np.random.default_rng(1)
    bed = (0.01 * rng.standard_normal(4 * SAMPLE_RATE_HZ)).astype(np.float32)
    learnt, now = np.split(bed, 2)
    assert without_floor(now, learnt, 1.0) is now
    assert -10.5 < level_db(without_floor(now, learnt, 0.1)) - level_db(now) < -4.0
    at_s = np.arange(len(now)) / SAMPLE_RATE_HZ
    tone = (0.2 * np.sin(2 * np.pi * 1000 * at_s)).astype(np.float32)
    clean = without_floor(now + tone, learnt, 0.1)
    assert clean.shape == now.shape
    assert level_db(clean - tone) < level_db(now) - 3.0
