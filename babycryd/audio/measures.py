"""PURE. Measures of a signal: silence, clipping, mains hum, and the level where a cry has its energy."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import Mono
from babycryd.audio.format import SAMPLE_RATE_HZ

FULL_SCALE: Final = 0.98
CLIPPED_SHARE: Final = 0.01  # of the samples: a cry touches full scale now and then, an overloaded input stays there
STILL: Final = 2e-6  # largest difference of equal samples: below one 16-bit step in the mean of eight channels

_MAINS_HZ: Final = (50, 60)
_BOTH_PERIODS: Final = SAMPLE_RATE_HZ // 10  # five periods of 50 Hz, six of 60 Hz
_REPEATS: Final = 0.05  # share of the power that may differ between two such stretches of hum
_HUM_SHARE: Final = 0.999  # of all power
_HUM_WIDTH_HZ: Final = 5.0  # the mains wander, and a window of one second blurs
_HARMONICS: Final = 20
_REST_DBFS: Final = -75.0  # a live microphone hears more of a room than this between the harmonics
CRY_HZ: Final = (300.0, 5000.0)  # where a cry has its energy
_FAINT_DBFS: Final = -94.0  # a 16-bit converter's own steps have -98 dBFS over all frequencies


def is_still(samples: Mono) -> bool:
    """Return whether all samples have one value, such as zero."""
    return float(samples.max() - samples.min()) < STILL


def clips(samples: Mono) -> bool:
    """Return whether more than CLIPPED_SHARE of the samples are at full scale."""
    if max(float(samples.max()), -float(samples.min())) < FULL_SCALE:  # nearly always: no need to count
        return False
    return bool(np.count_nonzero(np.abs(samples) >= FULL_SCALE) > CLIPPED_SHARE * len(samples))


def hum_hz(samples: Mono) -> int | None:
    """Return 50 or 60 where a second or so, (n,), holds mains hum and nothing else; None for any other sound."""
    centred = samples - samples.mean()
    power = float(np.dot(centred, centred))
    # Hum repeats after a tenth of a second. Any other sound is ruled out here, for 30 us.
    change = centred[_BOTH_PERIODS:] - centred[:-_BOTH_PERIODS]
    if power == 0.0 or float(np.dot(change, change)) > 2 * _REPEATS * power:
        return None
    spectrum = _power(centred)
    hz = np.arange(len(spectrum)) * SAMPLE_RATE_HZ / len(samples)
    return next((base for base in _MAINS_HZ if _is_hum(spectrum, hz, base)), None)


def level_dbfs(samples: Mono) -> float:
    """Return the RMS level of (n,), without its constant offset; a full-scale square wave has 0, silence -120."""
    return _dbfs(float(np.var(samples, dtype=np.float64)))


def cry_band_dbfs(samples: Mono) -> float:
    """Return the level between 300 and 5000 Hz of (n,); a full-scale square wave has 0 over all frequencies."""
    spectrum = _power(samples - samples.mean())
    hz = np.arange(len(spectrum)) * SAMPLE_RATE_HZ / len(samples)
    return _dbfs(float(spectrum[(hz >= CRY_HZ[0]) & (hz <= CRY_HZ[1])].sum()))


def complaint(samples: Mono) -> str | None:
    """Return the fault in a few seconds of signal, (n,), in words for the owner; None for the sound of a room."""
    if not samples.any():
        return "only digital silence: is the microphone muted (alsamixer, or its own switch)?"
    if is_still(samples):
        return "the same value all the time: unplug the microphone and plug it in again"
    if hum := hum_hz(samples[-SAMPLE_RATE_HZ:]):
        return f"only mains hum ({hum} Hz): is the microphone's plug or cable loose?"
    if cry_band_dbfs(samples) < _FAINT_DBFS:
        return "only the converter's own steps where a cry would be: is the microphone's gain at zero (alsamixer, F4)?"
    return None


def _is_hum(spectrum: NDArray[np.float64], hz: NDArray[np.float64], base: int) -> bool:
    number = np.rint(hz / base)
    harmonic = (number >= 1) & (number <= _HARMONICS) & (np.abs(hz - number * base) <= _HUM_WIDTH_HZ)
    hum = float(spectrum[harmonic].sum())
    low = float(spectrum[harmonic & (number <= 5)].sum())  # a tone of 900 Hz is no hum, though a multiple of 50
    rest = float(spectrum[~harmonic & (hz > CRY_HZ[0])].sum())
    return hum >= _HUM_SHARE * float(spectrum.sum()) and low >= hum / 2 and _dbfs(rest) < _REST_DBFS


def _power(samples: Mono) -> NDArray[np.float64]:
    """Return the power spectrum, (n // 2 + 1,), that sums to the mean square."""
    taper = np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(samples * taper)) ** 2
    return np.asarray(2 * spectrum / (len(samples) * float(np.dot(taper, taper))))


def _dbfs(power: float) -> float:
    return float(10 * np.log10(max(power, 1e-12)))
