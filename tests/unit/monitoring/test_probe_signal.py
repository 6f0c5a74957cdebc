"""A sweep is found where it is, as loud as it is, and nowhere else."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from babycryd.monitoring.probe_signal import CHIRP, NOTHING, TONE, Sweep, find

RATE_HZ = 16_000
SWEEPS = pytest.mark.parametrize("sweep", [TONE, CHIRP], ids=["tone", "chirp"])


def room(seconds: float, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 0.01, round(seconds * RATE_HZ)).astype(np.float32)


@SWEEPS
@pytest.mark.parametrize("gain", [0.15, 0.02, 0.012])
def test_a_sweep_in_noise_is_found_at_its_time(sweep: Sweep, gain: float) -> None:
    heard = room(3.0, 1)
    heard[20_000 : 20_000 + len(sweep.samples(RATE_HZ))] += gain * sweep.samples(RATE_HZ).astype(np.float32)
    found = find(heard, sweep, RATE_HZ)
    assert found.likeness > sweep.threshold
    assert found.at_s == pytest.approx(1.25, abs=0.01)
    assert found.gain == pytest.approx(gain, rel=0.3)


@SWEEPS
def test_noise_and_silence_are_no_sweep(sweep: Sweep) -> None:
    assert max(find(room(1.0, seed), sweep, RATE_HZ).likeness for seed in range(200)) < 0.8 * sweep.threshold
    assert find(np.zeros(48_000, np.float32), sweep, RATE_HZ).likeness == 0
    assert find(np.zeros(10, np.float32), sweep, RATE_HZ) == NOTHING


def test_rumble_does_not_hide_a_chirp() -> None:
    heard = room(1.0, 2)
    heard += 0.3 * np.sin(2 * np.pi * 80 * np.arange(len(heard)) / RATE_HZ).astype(np.float32)
    heard[8_000 : 8_000 + len(CHIRP.samples(RATE_HZ))] += 0.02 * CHIRP.samples(RATE_HZ).astype(np.float32)
    assert find(heard, CHIRP, RATE_HZ).likeness > CHIRP.threshold


def test_no_sound_of_the_recordings_is_taken_for_a_chirp(shared: Path) -> None:
    """Cries, birds and rooms, two seconds of each: a microphone must not be proven by chance."""
    with (shared / "audio" / "manifest.csv").open() as file:
        paths = [row["path"] for row in csv.DictReader(file)][::3]  # all of them, once: docs/decisions/0009
    found = []
    for path in paths:
        samples, _ = soundfile.read(shared / "audio" / path, dtype="float32", frames=2 * RATE_HZ)
        found.append((find(samples, CHIRP, RATE_HZ).likeness, path))
    assert len(found) > 100
    assert max(found)[0] < CHIRP.threshold, max(found)
