"""Levels of sounds in decibels. Pure numpy: samples in, levels out."""

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.features import WINDOW_SAMPLES
from training.data.recordings import Samples

TINY = 1e-10  # lowest power that is told apart from silence: -100 dB
SOUNDING_DB = -20.0  # against the louder half of a sound; a quieter piece is a pause


def db(power: NDArray[np.floating] | float) -> NDArray[np.float64]:
    """Power in decibels, at least -100."""
    return 10 * np.log10(np.maximum(np.asarray(power, np.float64), TINY))


def at_teacher_level(samples: Samples) -> Samples:
    """The sound, scaled to a peak of -3 dBFS, as the teachers hear it."""
    return samples * (0.7 / max(float(np.abs(samples).max()), 1e-6))


def window_power(samples: Samples, starts: NDArray[np.int64], length: int = WINDOW_SAMPLES) -> NDArray[np.float64]:
    """Mean power of the first difference, which suppresses rumble, in windows of `length` samples from `starts` on."""
    total = np.concatenate([[0.0], np.cumsum(np.diff(samples, prepend=samples[:1]).astype(np.float64) ** 2)])
    ends = np.clip(starts + length, 0, len(samples))
    return np.asarray((total[ends] - total[np.clip(starts, 0, len(samples))]) / length)


def sounding_power(samples: Samples) -> float:
    """Mean power of the 0.1 s pieces within SOUNDING_DB of the sound's louder half.

    Without this, the pauses of a clip would raise its cries when a signal-to-noise ratio is set.
    """
    pieces = samples[: len(samples) // 1600 * 1600].reshape(-1, 1600)
    power = np.sort(np.square(pieces.astype(np.float64)).mean(axis=1)) if len(pieces) else np.zeros(1)
    power = power[power > TINY] if power[-1] > TINY else power
    loud = power[len(power) // 2 :].mean()
    return float(power[power >= loud * 10 ** (SOUNDING_DB / 10)].mean())
