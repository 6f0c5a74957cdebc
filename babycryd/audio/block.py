"""PURE. A block of audio and the time it belongs to; the clock that counts samples."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ

Mono = NDArray[np.float32]  # (n,), 16 kHz, [-1, 1]

# Three blocks are one hop of the detector (0.24 s). Shorter ones would wake a Pi Zero more often for nothing.
BLOCK_S = 0.08
BLOCK = round(BLOCK_S * SAMPLE_RATE_HZ)  # samples


@dataclass(frozen=True, slots=True, eq=False)
class AudioBlock:
    """Consecutive samples; mostly BLOCK of them, but any number is allowed.

    Blocks of one stream join exactly: where `start_s` differs from the previous `end_s`, audio
    was lost in between (a full inbox, a microphone that was away).
    """

    samples: Mono
    start_s: float  # stream time of the first sample: seconds since the start, a whole number of samples
    utc_s: float  # wall clock at the first sample; a replayed file begins at 0

    @property
    def end_s(self) -> float:
        return (round(self.start_s * SAMPLE_RATE_HZ) + len(self.samples)) / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Tick:
    """Nothing can be heard now, but time goes on."""

    at_s: float  # stream time, never later than the next block


class StreamClock:
    """Stream time: counts samples while they come, follows the monotonic clock while they do not.

    It never goes backwards. `now_s` is always a monotonic clock's reading.
    """

    def __init__(self, now_s: float) -> None:
        self._samples = 0
        self._counted_at_s = now_s

    def advance(self, samples: int, now_s: float, *, lost: int = 0) -> float:
        """Stream time of the first of `samples` samples that came by now, after `lost` others that did not."""
        start = self._samples + lost
        self._samples = start + samples
        self._counted_at_s = now_s
        return start / SAMPLE_RATE_HZ

    def at(self, now_s: float) -> float:
        """Stream time now, when no sample is waiting to be counted."""
        return self._samples / SAMPLE_RATE_HZ + max(0.0, now_s - self._counted_at_s)

    def skip_to(self, now_s: float) -> None:
        """The next sample is heard now: what passed since the last one is a gap."""
        self._samples = math.ceil(self.at(now_s) * SAMPLE_RATE_HZ)  # up: a Tick may have told this very time
        self._counted_at_s = now_s
