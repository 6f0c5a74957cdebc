"""PURE. Drift meter: by how much the clock of the speaker is faster or slower than that of the microphone.

The way from the speaker to the microphone is the same now and four seconds ago, but for the drift in between. So the
cross-spectrum of microphone and speaker now is multiplied with the conjugate of the one from then: the room cancels
out, and the shift is left as the peak of the product's transform. The products are summed up over a minute.
"""

from collections import deque
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import Mono
from babycryd.audio.format import HOP, SAMPLE_RATE_HZ

FRAME: Final = 8192  # samples: of both signals at each hop; an echo of the room is much shorter
HIGHEST: Final = 300e-6  # drift: quartz clocks of cheap sound cards differ by less than 200e-6
SAME_CLOCK: Final = 5e-6  # less than that counts as none: one card plays and records, and its clock is one
_APART: Final = 16  # hops, 3.84 s, between the two spectra
_LEAST: Final = 12  # products before the first result: 7 s after the first frame
_MEASURE_EVERY: Final = 8  # products, 1.9 s: one more changes little of a minute's sum
_KEPT: Final = 1 - 1 / 250  # share of the sum that is left after one more hop: a minute
_BAND: Final = slice(round(300 * FRAME / SAMPLE_RATE_HZ), round(7000 * FRAME / SAMPLE_RATE_HZ))
_FINER: Final = 4  # points of the transform in a sample
_TINY: Final = np.float32(1e-24)
_TURN: Final = np.exp(-2j * np.pi * np.arange(FRAME) / FRAME).astype(np.complex64)
_BINS: Final = np.arange(FRAME // 2 + 1)[_BAND]
_WINDOW: Final = np.hanning(FRAME).astype(np.float32)
Spectrum = NDArray[np.complex64]  # (bins of _BAND,)


class DriftMeter:
    """Meter of the drift, one `push` a hop; `drift` is the result."""

    def __init__(self) -> None:
        self.drift = 0.0  # samples a sample: above 0 the speaker is slower, and each sample is heard later
        self.known = False  # whether it was measured
        self._spectra: deque[Spectrum] = deque(maxlen=_APART + 1)
        self._sum: Spectrum | None = None
        self._products = 0

    def interrupt(self) -> None:
        """Note that the next frame does not follow the last one: what was measured stays."""
        self._spectra.clear()

    def push(self, heard: Mono, played: Mono, delay: int) -> None:
        """Take the last FRAME samples of both; `delay`: by how many samples `played` begins earlier."""
        spectrum = np.fft.rfft(heard * _WINDOW)[_BAND] * np.conj(np.fft.rfft(played * _WINDOW)[_BAND])
        # Half of the amplitude is left: |s|^-0.5, without a power function
        spectrum /= np.sqrt(np.sqrt(spectrum.real**2 + spectrum.imag**2 + _TINY))
        spectrum *= _turn(delay % FRAME)
        self._spectra.append(np.asarray(spectrum, np.complex64))
        if len(self._spectra) <= _APART:
            return
        product = self._spectra[-1] * np.conj(self._spectra[0])
        self._sum = product if self._sum is None else np.float32(_KEPT) * self._sum + product
        self._products += 1
        if self._products >= _LEAST and (self._products - _LEAST) % _MEASURE_EVERY == 0:
            self._measure(self._sum)

    def _measure(self, product: Spectrum) -> None:
        whole = np.zeros(FRAME * _FINER // 2 + 1, np.complex64)
        whole[_BAND] = product
        shifts = np.fft.irfft(whole)
        most = int(np.ceil(HIGHEST * _APART * HOP * _FINER))
        near = np.concatenate([shifts[-most:], shifts[: most + 1]])
        best = int(np.argmax(near))
        if not 0 < best < 2 * most:
            return
        before, at, after = near[best - 1 : best + 2]
        curve = before - 2 * at + after
        top = best + (0.5 * (before - after) / curve if curve else 0.0)
        found = float(top - most) / (_FINER * _APART * HOP)
        self.drift, self.known = (0.0 if abs(found) < SAME_CLOCK else found), True


@lru_cache(maxsize=8)
def _turn(delay: int) -> Spectrum:
    """Return the factors that turn a cross-spectrum as if both frames began at the same time; 0 <= `delay` < FRAME."""
    return np.asarray(_TURN[_BINS * delay % FRAME])
