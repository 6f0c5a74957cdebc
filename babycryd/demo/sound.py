"""PURE. Building blocks of synthetic sound: curves, envelopes, coloured noise, resonances, a room."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]

SAMPLE_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True)
class Formant:
    """Resonance of a vocal tract."""

    centre_hz: float
    width_hz: float
    gain: float


def samples_in(duration_s: float) -> int:
    return round(duration_s * SAMPLE_RATE_HZ)


def wander(rng: np.random.Generator, length: int, knots_hz: float) -> FloatArray:
    """Return a random curve (length,) of unit deviation: a new value `knots_hz` times a second, straight in between."""
    n_knots = int(length / SAMPLE_RATE_HZ * knots_hz) + 2
    return np.interp(np.linspace(0, n_knots - 1, length), np.arange(n_knots), rng.standard_normal(n_knots))


def swell(length: int, attack_s: float, release_s: float) -> FloatArray:
    """Return an envelope (length,) in [0, 1]: rises for `attack_s`, falls for `release_s`, both as half a cosine."""
    seconds = np.arange(length) / SAMPLE_RATE_HZ
    rise = np.clip(seconds / attack_s, 0, 1)
    fall = np.clip((length / SAMPLE_RATE_HZ - seconds) / release_s, 0, 1)
    return np.asarray(0.25 * (1 - np.cos(np.pi * rise)) * (1 - np.cos(np.pi * fall)))


def tract_gain(hz: FloatArray, formants: tuple[Formant, ...]) -> FloatArray:
    """Return the gain of a vocal tract at each frequency: Lorentzian resonances over a faint floor."""
    gain = np.full(np.shape(hz), 0.03)
    for formant in formants:
        gain += formant.gain / (1 + ((hz - formant.centre_hz) / (formant.width_hz / 2)) ** 2)
    return np.asarray(np.sqrt(gain))


def voiced(pitch_hz: FloatArray, tilt: float, formants: tuple[Formant, ...]) -> FloatArray:
    """Return the harmonics of a moving pitch (n,), the k-th weakened by k**tilt and filtered by the tract."""
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
    sound = np.zeros(len(pitch_hz))
    for k in range(1, int(7_600 / pitch_hz.max()) + 1):
        sound += tract_gain(k * pitch_hz, formants) * k**-tilt * np.sin(k * phase)
    return sound


def shaped_noise(rng: np.random.Generator, length: int, gain_at_hz: FloatArray) -> FloatArray:
    """Return Gaussian noise (length,), unit power, filtered by its gain at `noise_frequencies(length)`."""
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(length)) * gain_at_hz, length)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)))


def noise_frequencies(length: int) -> FloatArray:
    return np.fft.rfftfreq(length, 1 / SAMPLE_RATE_HZ)


def pink(rng: np.random.Generator, length: int) -> FloatArray:
    """Return pink noise (length,) above 40 Hz, unit power."""
    return shaped_noise(rng, length, 1 / np.sqrt(np.maximum(noise_frequencies(length), 40.0)))


def in_room(rng: np.random.Generator, dry: FloatArray, *, decay_s: float, wet: float) -> FloatArray:
    """Return a sound (n,) as heard across a furnished room: direct, then a tail of -60 dB at `decay_s`."""
    length = samples_in(decay_s)
    tail = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    tail[: samples_in(0.004)] = 0
    response = wet * tail / np.sqrt(np.sum(tail**2))
    response[0] = 1
    size = 1 << (len(dry) + length).bit_length()
    heard = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(response, size), size)
    return np.asarray(heard[: len(dry)])


def at_dbfs(sound: FloatArray, level_dbfs: float) -> FloatArray:
    """Return the sound with its RMS at `level_dbfs`, where 0 dBFS is a full-scale square."""
    return np.asarray(sound * (10 ** (level_dbfs / 20) / np.sqrt(np.mean(sound**2))))
