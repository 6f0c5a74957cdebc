"""PURE. Blocks of audio with their time, the clock that counts samples, and the hops cut from blocks."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ

Mono = NDArray[np.float32]  # (n,), 16 kHz, [-1, 1]

# Of sound from the network; three are one hop of the detector (0.24 s). Shorter ones would wake a Pi Zero more often.
BLOCK_S = 0.08
BLOCK = round(BLOCK_S * SAMPLE_RATE_HZ)  # samples
_GAP_S = 0.5 / SAMPLE_RATE_HZ * 8  # four samples: more than rounding, less than anyone can hear


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
    """Passing time while no block comes."""

    at_s: float  # stream time, never later than the next block


class StreamClock:
    """Stream time: counts samples while they come, follows the monotonic clock while they do not.

    It never goes backwards. `now_s` is always a monotonic clock's reading.
    """

    def __init__(self, now_s: float) -> None:
        self._samples = 0
        self._counted_at_s = now_s

    def advance(self, samples: int, now_s: float, *, lost: int = 0) -> float:
        """Count `samples` that came by now, after `lost` others; return the stream time of the first one."""
        start = self._samples + lost
        self._samples = start + samples
        self._counted_at_s = now_s
        return start / SAMPLE_RATE_HZ

    def at(self, now_s: float) -> float:
        """Return the stream time now, when no sample is waiting to be counted."""
        return self._samples / SAMPLE_RATE_HZ + max(0.0, now_s - self._counted_at_s)

    @property
    def counted_s(self) -> float:
        """Stream time up to which samples were counted."""
        return self._samples / SAMPLE_RATE_HZ

    def skip_to(self, now_s: float) -> None:
        """Let the next sample be heard now: the time since the last one is a gap."""
        self._samples = math.ceil(self.at(now_s) * SAMPLE_RATE_HZ)  # up: a Tick may have had this very time
        self._counted_at_s = now_s


@dataclass(frozen=True, slots=True)
class Hop:
    """HOP samples and their end: the unit of detection."""

    samples: Mono
    at_s: float  # stream time of the end
    utc_s: float  # wall clock of the end
    after_gap: bool  # the sample before the first one is missing


class HopCounter:
    """Counter of samples that tells when a `HopFramer` that gets the same blocks will cut a hop."""

    def __init__(self) -> None:
        self._samples = 0  # of the hop that is not complete
        self._end_s = 0.0  # of the last block

    def completes(self, block: AudioBlock) -> bool:
        """Count the next block; return whether it completes a hop."""
        if abs(block.start_s - self._end_s) > _GAP_S:
            self._samples = 0
        self._end_s = block.end_s
        hops, self._samples = divmod(self._samples + len(block.samples), HOP)
        return hops > 0


class HopFramer:
    """Framer: cuts consecutive blocks of any size into hops, so that no later stage depends on the size of the blocks.

    Time comes from the count of samples, so that jitter in the blocks' times does not matter.
    """

    def __init__(self) -> None:
        self._pending: list[Mono] = []
        self._n_pending = 0
        self._origin_s = 0.0  # stream time of the first sample after the last gap
        self._n_seen = 0  # samples since then
        self._n_cut = 0  # of these, already cut into hops

    @property
    def now_s(self) -> float:
        """Stream time of the last sample seen."""
        return self._origin_s + self._n_seen / SAMPLE_RATE_HZ

    @property
    def rest(self) -> Mono:
        """Samples that do not fill a hop yet."""
        return np.concatenate(self._pending) if self._pending else np.zeros(0, np.float32)

    def push(self, samples: Mono, start_s: float, utc_s: float) -> Iterator[Hop]:
        """Yield the hops that the next block completes. A jump in `start_s` drops the pending samples."""
        if self._n_seen == 0 or abs(start_s - self.now_s) > _GAP_S:
            self._begin(start_s)
        ends_utc_s = utc_s + len(samples) / SAMPLE_RATE_HZ
        self._pending.append(samples)
        self._n_pending += len(samples)
        self._n_seen += len(samples)
        if self._n_pending < HOP:
            return
        joined = self.rest
        n_hops = len(joined) // HOP
        self._pending = [joined[n_hops * HOP :]]
        self._n_pending -= n_hops * HOP
        for index in range(n_hops):
            first = self._n_cut == 0
            self._n_cut += HOP
            behind_s = (self._n_seen - self._n_cut) / SAMPLE_RATE_HZ
            at_s = self._origin_s + self._n_cut / SAMPLE_RATE_HZ
            # Rounded, so that the same audio in other blocks has the same times to the last bit.
            utc_s = round(ends_utc_s - behind_s, 3)
            yield Hop(joined[index * HOP : (index + 1) * HOP], at_s, utc_s, after_gap=first)

    def _begin(self, start_s: float) -> None:
        self._pending = []
        self._n_pending = self._n_seen = self._n_cut = 0
        self._origin_s = start_s
