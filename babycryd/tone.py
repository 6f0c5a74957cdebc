"""PURE. The test tone, and whether a recording holds it."""

import numpy as np
from numpy.typing import NDArray

LENGTH_S = 0.8
LOWEST_HZ, HIGHEST_HZ = 500.0, 2500.0  # what a small speaker can play and a microphone in a cot's reach can hear
HEARD = 0.2  # likeness; noise alone stays below 0.12 (tests/test_tone.py), an echo 12 dB below the room is above
_PEAK = 0.5


def tone(rate_hz: int) -> NDArray[np.float32]:
    """A sweep that swells and fades, (LENGTH_S * rate_hz,) in [-0.5, 0.5]: no two of its moments are alike."""
    time_s = np.arange(round(LENGTH_S * rate_hz)) / rate_hz
    phase = 2 * np.pi * (LOWEST_HZ * time_s + (HIGHEST_HZ - LOWEST_HZ) / (2 * LENGTH_S) * time_s**2)
    return np.asarray(_PEAK * np.sin(phase) * np.sin(np.pi * time_s / LENGTH_S), np.float32)


def likeness(heard: NDArray[np.float32], rate_hz: int) -> tuple[float, float]:
    """The largest normalised cross-correlation, 0..1, of a recording (n,) with the tone, and where, s from its start.

    0 for a recording shorter than the tone, or a silent one.
    """
    template = tone(rate_hz).astype(float)
    if len(heard) < len(template):
        return 0.0, 0.0
    size = len(heard) + len(template)
    sounds = heard.astype(float)
    product = np.fft.irfft(np.fft.rfft(sounds, size) * np.conj(np.fft.rfft(template, size)), size)
    summed = np.concatenate([[0.0], np.cumsum(sounds**2)])
    energy = summed[len(template) :] - summed[: -len(template)]
    scale = np.sqrt(np.maximum(energy, 1e-9) * (template**2).sum())
    matches = np.abs(product[: len(energy)]) / scale
    best = int(np.argmax(matches))
    return float(matches[best]), best / rate_hz
