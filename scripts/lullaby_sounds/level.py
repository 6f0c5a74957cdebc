"""PURE. The common level of the sounds: equally loud in dB(A), where that neither clips nor booms."""

from typing import Final

import numpy as np

from babycryd.audio.a_weighting import a_weighted_dbfs
from scripts.lullaby_sounds.ring import RATE_HZ, Signal

A_DBFS: Final = -21.5  # A-weighted level of every sound that can reach it
HIGHEST_RMS_DBFS: Final = -18.0  # brown noise and heartbeat are low, and would else drive a small speaker too hard
HIGHEST_PEAK_DBFS: Final = -2.0  # Vorbis adds up to half a decibel


def levelled(sound: Signal) -> Signal:
    """Return `sound` at A_DBFS, or softer where its RMS or its peak would be too high."""
    rms_dbfs, peak_dbfs = (20 * np.log10(each) for each in (np.sqrt(np.mean(sound**2)), np.abs(sound).max()))
    gain_db = min(A_DBFS - a_weighted_dbfs(sound, RATE_HZ), HIGHEST_RMS_DBFS - rms_dbfs, HIGHEST_PEAK_DBFS - peak_dbfs)
    return np.asarray(sound * 10 ** (gain_db / 20))
