"""A speaker, a room and a microphone for tests of echo cancellation, all computed."""

from dataclasses import dataclass

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from babycryd.audio.block import Hop, Mono
from babycryd.audio.format import HOP, HOP_S, SAMPLE_RATE_HZ
from babycryd.core.echo_reference import Played
from babycryd.echo.speexdsp import SpeexError, SpeexFilter

LATENCY = 3000  # samples from the reference to the direct sound in the recording


def noise(rng: np.random.Generator, n: int, rms: float = 0.05) -> Mono:
    """Noise (n,) that falls by 3 dB an octave, as music does on average."""
    spectrum = np.fft.rfft(rng.standard_normal(n)) / np.sqrt(np.maximum(np.arange(n // 2 + 1), n / 200))
    sound = np.fft.irfft(spectrum, n)
    return np.asarray(sound * (rms / sound.std()), np.float32)


def heard_from(played: Mono, *, drift_ppm: float = 0.0, gain: float = 1.0, seed: int = 0) -> Mono:
    """What a microphone hears of it, (n,): LATENCY late, in a room; the speaker's clock is faster by `drift_ppm`."""
    rng = np.random.default_rng(seed)
    room = rng.standard_normal(2400) * np.exp(-np.arange(2400) / 500) * 0.3
    room[0] = 1.0
    size = len(played) + len(room)
    echo: NDArray[np.float64] = np.fft.irfft(np.fft.rfft(played, size) * np.fft.rfft(room, size), size)[: len(played)]
    if drift_ppm:
        echo = soxr.resample(echo, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ * (1 - drift_ppm * 1e-6))
    late = np.concatenate([np.zeros(LATENCY), echo, np.zeros(LATENCY)])[: len(played)]
    return np.asarray(gain * late, np.float32)


@dataclass
class ArrayReference:
    """`EchoReference` of samples that begin to play at `start`."""

    samples: Mono
    start: int = 0

    def played(self, first: int, n: int) -> Played | None:
        at = first - self.start
        if at + n <= 0 or at >= len(self.samples):
            return None
        part = np.zeros(n, np.float32)
        low, high = max(0, at), min(len(self.samples), at + n)
        part[low - at : high - at] = self.samples[low:high]
        return Played(part, self.start)

    def playing_since(self, first: int, n: int) -> int | None:
        at = first - self.start
        return None if at + n <= 0 or at >= len(self.samples) else self.start


def hops(samples: Mono) -> list[Hop]:
    """The samples as hops from stream time 0 on."""
    n_hops = len(samples) // HOP
    return [
        Hop(samples[number * HOP : (number + 1) * HOP], (number + 1) * HOP_S, 0.0, after_gap=number == 0)
        for number in range(n_hops)
    ]


def level_db(samples: Mono) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-12))


def speex_filter() -> SpeexFilter:
    """The library's filter; skips the test where the library is not installed."""
    try:
        return SpeexFilter()
    except SpeexError as error:
        pytest.skip(str(error))
