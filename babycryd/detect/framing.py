"""Cuts a stream of blocks of any size into hops of 0.24 s: what makes every later stage independent of the blocks."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ

_GAP_S = 0.5 / SAMPLE_RATE_HZ * 8  # four samples: more than rounding, less than anyone can hear


@dataclass(frozen=True, slots=True)
class Hop:
    """HOP samples and when they end."""

    samples: NDArray[np.float32]
    at_s: float  # stream time of the end
    utc_s: float  # wall clock of the end
    after_gap: bool  # the sample before the first one is missing


class HopFramer:
    """Counts samples; time comes from the count, so that jitter in the blocks' stamps does not matter."""

    def __init__(self) -> None:
        self._pending: list[NDArray[np.float32]] = []
        self._n_pending = 0
        self._origin_s = 0.0  # stream time of the first sample after the last gap
        self._n_seen = 0  # samples since then
        self._n_cut = 0  # of these, already given away in hops

    @property
    def now_s(self) -> float:
        """Stream time of the last sample seen."""
        return self._origin_s + self._n_seen / SAMPLE_RATE_HZ

    @property
    def rest(self) -> NDArray[np.float32]:
        """Samples that do not fill a hop yet."""
        return np.concatenate(self._pending) if self._pending else np.zeros(0, np.float32)

    def push(self, samples: NDArray[np.float32], start_s: float, utc_s: float) -> Iterator[Hop]:
        """The next block -> the hops it completes. A jump in `start_s` drops what was pending."""
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
            # Rounded, so that the same audio in other blocks has the same stamps to the last bit.
            utc_s = round(ends_utc_s - behind_s, 3)
            yield Hop(joined[index * HOP : (index + 1) * HOP], at_s, utc_s, after_gap=first)

    def _begin(self, start_s: float) -> None:
        self._pending = []
        self._n_pending = self._n_seen = self._n_cut = 0
        self._origin_s = start_s
