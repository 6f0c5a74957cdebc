"""PURE. The ring on which every sound is made: what rings past the end sounds on at the beginning, without a seam."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.floating]  # (samples,), mono, at RATE_HZ
Shape = Callable[[Signal], Signal]  # from frequencies in Hz to amplitude gains
Random = np.random.Generator

RATE_HZ: Final = 44_100
_STEP: Final = 2_520


def ring_length(seconds: float) -> int:
    """Return the number of samples of a ring of about that length, which a fast Fourier transform likes."""
    return round(seconds * RATE_HZ / _STEP) * _STEP


def seconds_of(samples: int) -> Signal:
    """Return the time of each of so many samples, in seconds."""
    return np.arange(samples) / RATE_HZ


def with_edges(sound: Signal, rise_s: float, fall_s: float) -> Signal:
    """Return `sound` beginning from and ending in silence, so that neither clicks."""
    time_s = seconds_of(len(sound))
    edges = np.minimum(1.0, time_s / rise_s) * np.minimum(1.0, (time_s[-1] - time_s) / fall_s)
    return np.asarray(sound * edges)


def add_round(ring: Signal, start: int, sound: Signal) -> None:
    """Mix `sound` into `ring` from `start` on, going round past the end."""
    np.add.at(ring, np.arange(start, start + len(sound)) % len(ring), sound)


def shaped(ring: Signal, shape: Shape) -> Signal:
    """Return the ring with the amplitudes of its frequencies multiplied by `shape`; the mean becomes 0."""
    frequency_hz = np.fft.rfftfreq(len(ring), 1 / RATE_HZ)
    spectrum = np.fft.rfft(ring)
    spectrum[1:] *= shape(frequency_hz[1:])
    spectrum[0] = 0.0
    return np.fft.irfft(spectrum, len(ring))


def shaped_noise(seconds: float, shape: Shape, rng: Random) -> Signal:
    """Return noise with the amplitude spectrum `shape`, periodic in `seconds`."""
    return shaped(rng.standard_normal(round(seconds * RATE_HZ)), shape)


def high_pass(frequency_hz: Signal, corner_hz: float, steepness: int = 4) -> Signal:
    """Return the amplitude gains of a high-pass; a `steepness` of 4 is 12 dB an octave."""
    return np.asarray(1 / np.sqrt(1 + (corner_hz / frequency_hz) ** steepness))


def low_pass(frequency_hz: Signal, corner_hz: float, steepness: int = 4) -> Signal:
    """Return the amplitude gains of a low-pass; a `steepness` of 4 is 12 dB an octave."""
    return np.asarray(1 / np.sqrt(1 + (frequency_hz / corner_hz) ** steepness))


def room(dry: Signal, rng: Random) -> Signal:
    """Return `dry` on a ring with the soft tail of a small furnished room (0.7 s) behind it."""
    time_s = seconds_of(int(0.9 * RATE_HZ))
    tail = rng.standard_normal(len(time_s)) * np.exp(-6.9 * time_s / 0.7) * np.minimum(1.0, time_s / 0.012)
    response = np.fft.rfft(tail, len(dry)) / np.linalg.norm(tail)
    frequency_hz = np.fft.rfftfreq(len(dry), 1 / RATE_HZ)
    soft = 1 / np.sqrt(1 + (frequency_hz / 2500.0) ** 2)  # cloth takes the highs
    return dry + 0.28 * np.fft.irfft(np.fft.rfft(dry) * response * soft, len(dry))
