"""PURE. Alignment of a stream of blocks to hops, so that no hop waits for a block more than it needs."""

from collections.abc import Mapping
from typing import Final

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ

# Samples that the resampler holds back at most after a block, by rate; a test measures them
HELD_BACK: Final[Mapping[int, int]] = {SAMPLE_RATE_HZ: 0} | dict.fromkeys((22_050, 24_000, 44_100, 48_000, 88_200), 640)
MOST_HELD_BACK: Final = 1920  # at other rates


class HopAlignment:
    """Alignment to hops, which begin anew after each gap: every block, of the length of a hop, completes one.

    A resampler holds samples back and delivers them in bursts. The stream begins so much later after a gap that every
    block completes a hop all the same; else some hops would wait for another block.
    """

    def __init__(self, rate_hz: int) -> None:
        self._reserve = -HELD_BACK.get(rate_hz, MOST_HELD_BACK) % HOP  # samples that are left out after a gap
        self._held_back = 0  # samples
        self._to_leave_out = self._reserve  # samples

    def take(self, blocks: int, samples: int, *, after_gap: bool) -> int:
        """Count blocks and the samples that came of them; return how many of these to leave out, from the first one.

        `after_gap`: whether blocks before them were lost.
        """
        if after_gap:
            self._to_leave_out = self._reserve + self._held_back
        self._held_back += blocks * HOP - samples
        left_out = min(self._to_leave_out, samples)
        self._to_leave_out -= left_out
        return left_out
