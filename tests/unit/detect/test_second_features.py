"""Mel energies of the second opinion: those of mn04 at 32 kHz, computed at 16 kHz."""

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from babycryd.audio.format import HOP, HOP_FRAMES, SAMPLE_RATE_HZ
from babycryd.detect.second_features import FRAME, HEARD_MELS, LEAD_IN, MELS, hop_energies, network_input

RATE_HZ, FFT, WINDOW, STEP = 32_000, 1024, 800, 320  # of mn04
LOW_BANDS = 96  # up to 6.8 kHz; above, the resampler's filter falls off


def chirps(seconds: float) -> NDArray[np.float32]:
    """Tones that rise from 100 Hz to 7 kHz over noise, in [-1, 1]."""
    time_s = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    tone = np.sin(2 * np.pi * (100 * time_s + 3450 * time_s**2 / seconds))
    noise = np.random.default_rng(0).standard_normal(len(time_s))
    return (0.5 * tone + 0.01 * noise).astype(np.float32)


def mn04_energies(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """(frames, MELS) as EfficientAT computes them: resampled to 32 kHz, frame k centred at sample 160 k."""
    fine = soxr.resample(samples.astype(np.float64), SAMPLE_RATE_HZ, RATE_HZ)
    emphasised = np.pad(fine[1:] - 0.97 * fine[:-1], FFT // 2)
    window = np.pad(np.hanning(WINDOW), (FFT - WINDOW) // 2)
    frames = np.lib.stride_tricks.sliding_window_view(emphasised, FFT)[::STEP]
    mels = 1127 * np.log1p(np.arange(FFT // 2 + 1) * RATE_HZ / FFT / 700)
    edges = np.linspace(0, 1127 * np.log1p(15_000 / 700), MELS + 2)
    rising = (mels[:, None] - edges[None, :-2]) / np.diff(edges)[:-1]
    falling = (edges[None, 2:] - mels[:, None]) / np.diff(edges)[1:]
    bands = np.clip(np.minimum(rising, falling), 0, None)
    return np.asarray(np.square(np.abs(np.fft.rfft(frames * window))) @ bands)


def our_energies(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """(frames, MELS) hop after hop, frame k centred at sample 160 k as well."""
    hops = len(samples) // HOP
    padded = np.pad(samples, (FRAME // 2 + 1, HOP))
    return np.concatenate([hop_energies(padded[k * HOP : (k + 1) * HOP + LEAD_IN]) for k in range(hops)])


def test_they_are_those_at_twice_the_rate() -> None:
    samples = chirps(8 * HOP / SAMPLE_RATE_HZ)
    theirs, ours = mn04_energies(samples), our_energies(samples)
    inner = slice(4, len(ours) - 4)  # the edges differ, as nothing lies around the sound here
    difference = np.log(theirs[inner, :LOW_BANDS] + 1e-5) - np.log(ours[inner, :LOW_BANDS] + 1e-5)
    assert np.abs(difference).mean() < 0.02
    assert np.quantile(np.abs(difference), 0.99) < 0.2


def test_a_hop_has_its_frames_whatever_came_before_them() -> None:
    samples = chirps(1.0)
    energies = hop_energies(samples[: LEAD_IN + HOP])
    assert energies.shape == (HOP_FRAMES, MELS)
    assert energies.dtype == np.float32
    assert np.all(energies[:, HEARD_MELS:] == 0)
    assert np.all(energies[:, :HEARD_MELS] > 0)


@pytest.mark.parametrize("gain", [1e-3, 0.1, 30.0])
def test_the_input_does_not_depend_on_the_distance(gain: float) -> None:
    samples = chirps(1.0)[: LEAD_IN + HOP]
    near, far = (network_input(hop_energies(one), float(np.abs(one).max())) for one in (samples, samples * gain))
    np.testing.assert_allclose(near, far, atol=1e-3)
    assert near.shape == (MELS, HOP_FRAMES)
