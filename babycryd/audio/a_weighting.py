"""PURE. A-weighting: the level of a sound as quiet sounds are heard, which is what a meter in dB(A) shows."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]
# Corner frequencies in Hz and the gain at 1 kHz in dB, from IEC 61672-1:2013, annex E
_LOWEST_HZ: Final = 20.598997
_LOW_HZ: Final = 107.65265
_MIDDLE_HZ: Final = 737.86223
_HIGH_HZ: Final = 12194.217
_AT_1_KHZ_DB: Final = 2.0
SILENCE_DBFS: Final = -120.0  # level of digital silence, in place of minus infinity


def a_weighting(frequency_hz: FloatArray) -> FloatArray:
    """Return the amplitude gain, 1 at 1 kHz, of each frequency, 0 Hz or above."""
    square = np.asarray(frequency_hz, dtype=np.float64) ** 2
    middle = np.sqrt((square + _LOW_HZ**2) * (square + _MIDDLE_HZ**2))
    gain = _HIGH_HZ**2 * square**2 / ((square + _LOWEST_HZ**2) * middle * (square + _HIGH_HZ**2))
    return np.asarray(gain * 10 ** (_AT_1_KHZ_DB / 20))


def a_weighted_dbfs(samples: FloatArray, rate_hz: int) -> float:
    """Return the A-weighted RMS level in dBFS of (samples,), -1..1; full scale is a square wave.

    The samples are taken as one period of a loop. Silence, or no samples at all, has SILENCE_DBFS.
    """
    if len(samples) == 0:
        return SILENCE_DBFS
    spectrum = np.abs(np.fft.rfft(samples)) * a_weighting(np.fft.rfftfreq(len(samples), 1 / rate_hz))
    power = 2 * float(np.sum(spectrum**2)) / len(samples) ** 2
    return max(SILENCE_DBFS, 10 * float(np.log10(power))) if power > 0 else SILENCE_DBFS


def loud_level_dbfs(levels_dbfs: Sequence[float]) -> float:
    """Return the mean level of the louder half of these, so that pauses do not count; SILENCE_DBFS for none."""
    loud = np.array(sorted(levels_dbfs)[len(levels_dbfs) // 2 :] or [SILENCE_DBFS])
    return 10 * float(np.log10(np.mean(10 ** (loud / 10))))
