"""Features of the second opinion: mel energies of mn04 (EfficientAT), computed at 16 kHz instead of its 32 kHz.

mn04 takes the sound at 32 kHz, pre-emphasised by x[t] - 0.97 x[t-1], in frames of 25 ms every 10 ms, through an FFT of
1,024 points, in 128 mel bands up to 15 kHz. An FFT of 512 points at 16 kHz has the same bins up to 8 kHz. A
pre-emphasis at 16 kHz with 0.97^2 and a factor for each bin replace the one at 32 kHz. Bands above 8 kHz stay empty,
as they are in sound at 16 kHz.
Measured difference: docs/decisions/0014-a-second-opinion.md.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import Mono
from babycryd.audio.format import FRAME_HOP, HOP_FRAMES, SAMPLE_RATE_HZ

FRAME: Final = 400  # samples: 25 ms
LEAD_IN: Final = FRAME - FRAME_HOP + 1  # samples before a hop that its frames need, one of them for the pre-emphasis
MELS: Final = 128
HEARD_MELS: Final = 105  # the bands that hold anything below 8 kHz
EMPTY_LOG_ENERGY: Final = 1e-5  # what mn04 adds to an energy before the logarithm

_FFT: Final = 512
_RATE_HZ: Final = 32_000  # of mn04
_HIGH_HZ: Final = 15_000.0
_PREEMPHASIS: Final = 0.97  # at 32 kHz
_PEAK: Final = 0.7  # -3 dBFS, to which a window is scaled

Energies = NDArray[np.float32]  # (frames, MELS)


def hop_energies(samples: Mono) -> Energies:
    """Return the band energies, (HOP_FRAMES, MELS), of a hop with the LEAD_IN samples before it, (LEAD_IN + HOP,)."""
    emphasised = samples[1:] - np.float32(_PREEMPHASIS**2) * samples[:-1]
    step = emphasised.strides[0]
    frames = np.ndarray((HOP_FRAMES, FRAME), emphasised.dtype, emphasised, strides=(FRAME_HOP * step, step))
    spectrum = np.fft.rfft(frames * _window(), _FFT)
    return np.asarray((spectrum.real**2 + spectrum.imag**2) @ _weights(), np.float32)


def network_input(energies: Energies, peak: float) -> NDArray[np.float32]:
    """Return the network's input, (MELS, frames), for band energies (frames, MELS) of sound with this peak, above 0.

    The sound is scaled to a peak of -3 dBFS, so that distance does not matter.
    """
    scaled = energies * np.float32((_PEAK / peak) ** 2)
    return np.asarray(((np.log(scaled + EMPTY_LOG_ENERGY) + 4.5) / 5).T, np.float32)


@cache
def _window() -> NDArray[np.float32]:
    """Return every other sample of the Hann window of 800 samples at 32 kHz, (FRAME,)."""
    return np.hanning(2 * FRAME)[::2].astype(np.float32)


@cache
def _weights() -> NDArray[np.float32]:
    """Return the weights of the bins, (257, MELS): the bands, the pre-emphasis, and twice the amplitude at 32 kHz."""
    hz = np.arange(_FFT // 2 + 1) * SAMPLE_RATE_HZ / _FFT
    mels, top = 1127 * np.log1p(hz / 700), 1127 * np.log1p(_HIGH_HZ / 700)
    edges = np.linspace(0, top, MELS + 2)
    rising = (mels[:, None] - edges[None, :-2]) / np.diff(edges)[:-1]
    falling = (edges[None, 2:] - mels[:, None]) / np.diff(edges)[1:]
    bands = np.clip(np.minimum(rising, falling), 0, None)
    wanted = _emphasis(_PREEMPHASIS, hz / _RATE_HZ)
    done = _emphasis(_PREEMPHASIS**2, hz / SAMPLE_RATE_HZ)
    return np.asarray(4 * bands * (wanted / done)[:, None], np.float32)


def _emphasis(factor: float, cycles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the power response of x[t] - factor x[t-1] at frequencies in cycles a sample."""
    return np.asarray(1 + factor**2 - 2 * factor * np.cos(2 * np.pi * cycles))
