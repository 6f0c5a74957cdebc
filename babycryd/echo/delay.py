"""PURE. Delay finder: how long the sound of the own speaker takes into the recording of the microphone.

Generalised cross-correlation (Knapp and Carter 1976) with part of the amplitude left in the spectrum. In a room, music
has many peaks of nearly the same height, so the energy of each 16 ms of delay is summed up over several looks: the
place of the whole echo is found, not that of its direct sound.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import Mono
from babycryd.audio.format import SAMPLE_RATE_HZ

EARLIEST: Final = -1600  # samples, -0.1 s: the time at which a sound is said to begin may be late by this much
LATEST: Final = 16_000  # samples, 1 s: Bluetooth takes a third of it
LOOK: Final = 61_440  # samples, 3.84 s: the longest recording of one look
LEAST: Final = 15_360  # samples, 0.96 s: the shortest
LEADS: Final = 7.0  # energy by the median one from which on a delay counts as found; without an echo it is below 6
LOOKS: Final = 4  # the first looks hear a fade from silence, which is like any other one
_SPAN: Final = 256  # samples, 16 ms: the width in which energy is summed up
_KEPT: Final = 0.8  # share of the earlier looks that counts in the next one
_WHITENED: Final = 0.8  # 1: every frequency counts the same
_BAND_HZ: Final = (300.0, 7000.0)
_PIECE: Final = 4096  # bins that are weighted at once: they stay in the cache
_TINY: Final = np.float32(1e-24)


class DelayFinder:
    """Finder of the delay, in looks; sums up the energy of every delay over the looks, its only state."""

    def __init__(self) -> None:
        self._energy: NDArray[np.float32] | None = None  # (LATEST - EARLIEST,), by delay
        self._looks = 0

    def forget(self) -> None:
        """Start anew, as for another sound."""
        self._energy, self._looks = None, 0

    def look(self, heard: Mono, played: Mono) -> int | None:
        """Return the delay in samples, known to about 20 ms; None while there is no clear one.

        `heard`: (n,), LEAST to LOOK samples; `played`: (n + LATEST - EARLIEST,), which begins LATEST samples earlier.
        """
        energy = _correlation(heard, played) ** 2
        mean = float(energy.mean())
        if mean <= 0.0:
            return None
        summed = np.cumsum(np.pad(energy / np.float32(mean), (_SPAN, 0)), dtype=np.float64)
        energy = np.asarray(summed[_SPAN:] - summed[:-_SPAN], np.float32)  # of the _SPAN samples up to each delay
        self._energy = energy if self._energy is None else np.float32(_KEPT) * self._energy + energy
        self._looks += 1
        best = int(np.argmax(self._energy))
        if self._looks < LOOKS or self._energy[best] < LEADS * float(np.median(self._energy)):
            return None
        return best - _SPAN // 2 + EARLIEST


def _correlation(heard: Mono, played: Mono) -> NDArray[np.float32]:
    """Return the correlation at each delay from EARLIEST to LATEST, (LATEST - EARLIEST,)."""
    size = _fast_length(len(played))
    spectrum = np.fft.rfft(played, size) * np.conj(np.fft.rfft(heard, size))
    low, high = (round(hz * size / SAMPLE_RATE_HZ) for hz in _BAND_HZ)
    spectrum[:low] = spectrum[high:] = 0.0
    for start in range(low, high, _PIECE):
        piece = spectrum[start : min(start + _PIECE, high)]
        # |s|^-_WHITENED by the squares, which takes half the time of `abs` and a power
        piece *= np.exp(np.log(piece.real**2 + piece.imag**2 + _TINY) * np.float32(-_WHITENED / 2))
    # What was heard at i was played at i + LATEST - delay of `played`
    return np.fft.irfft(spectrum, size)[: LATEST - EARLIEST][::-1].astype(np.float32)


def _fast_length(n: int) -> int:
    """Return the least length from `n` on that is a power of two or five eighths of one, for a fast transform."""
    power = 1 << (n - 1).bit_length()
    return power * 5 // 8 if n <= power * 5 // 8 else power
