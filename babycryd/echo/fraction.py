"""PURE. Shift of samples by a fraction of a sample that changes slowly, by windowed sinc interpolation."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import Mono

BORDER: Final = 16  # samples that `shifted` needs before and behind
_HALF: Final = 12
_TAPS: Final = 2 * _HALF
_PIECE: Final = 160  # samples that share one shift: at 100e-6 the next one differs by 0.016 of a sample
_STEPS: Final = 1024  # shifts in a sample


def shifted(samples: Mono, delay: float, drift: float) -> Mono:
    """Return samples (n,) of (n + 2 BORDER,), taken `delay` samples earlier, and `drift` samples a sample more.

    `delay` is the one of the first sample; with what `drift` adds to it, it stays between -3 and 3.
    """
    n = len(samples) - 2 * BORDER
    if delay == 0.0 and drift == 0.0:
        return samples[BORDER:-BORDER]
    pieces = []
    for start in range(0, n, _PIECE):
        length = min(_PIECE, n - start)
        shift = delay + drift * (start + length / 2)
        whole = int(np.floor(shift + 0.5))
        first = BORDER - _HALF + start - whole
        kernel = _kernel(round((shift - whole) * _STEPS))
        pieces.append(np.convolve(samples[first : first + length + _TAPS - 1], kernel, "valid"))
    return np.concatenate(pieces)


@cache
def _kernel(step: int) -> NDArray[np.float32]:
    """Return the filter that delays by `step` / _STEPS of a sample, (_TAPS,); all of them take 0.1 MB."""
    at = np.arange(_TAPS) - (_HALF - 1) - step / _STEPS
    taps = np.sinc(at) * np.cos(np.pi * at / (_TAPS + 1)) ** 2
    return np.asarray(taps / taps.sum(), np.float32)
