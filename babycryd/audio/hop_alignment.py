"""PURE. Alignment of a stream of blocks to hops, so that no hop waits for a block more than it needs."""

from collections.abc import Mapping
from typing import Final

from babycryd.audio.block import BLOCK
from babycryd.audio.format import HOP, SAMPLE_RATE_HZ

BLOCKS_A_HOP: Final = HOP // BLOCK
# Samples that the resampler holds back at most after a block, by rate; a test measures them
HELD_BACK: Final[Mapping[int, int]] = {SAMPLE_RATE_HZ: 0} | dict.fromkeys((22_050, 24_000, 44_100, 48_000, 88_200), 640)
MOST_HELD_BACK: Final = 1920  # at other rates


class HopAlignment:
    """Alignment to hops, which begin anew after each gap: every third block completes one.

    A resampler holds samples back and delivers them in bursts. The stream begins so much later after a gap that every
    third block completes a hop all the same; else some hops would wait for another block.
    """

    def __init__(self, rate_hz: int) -> None:
        most = HELD_BACK.get(rate_hz, MOST_HELD_BACK)
        self._first = most // -BLOCK  # minus the blocks of which the resampler holds back a part
        self._reserve = -most % BLOCK  # samples that are left out after a gap: what of these blocks is not held back
        self._blocks = self._first  # of the hop that is not complete
        self._held_back = 0  # samples
        self._to_leave_out = self._reserve  # samples
        self._begun = False  # a block has come

    @property
    def wanted_blocks(self) -> int:
        """Number of blocks that complete the next hop; at first a single one, which shows that sound comes."""
        if not self._begun:
            return 1
        return BLOCKS_A_HOP - self._blocks

    def take(self, blocks: int, samples: int, *, after_gap: bool) -> int:
        """Count blocks and the samples that came of them; return how many of these to leave out, from the first one.

        `after_gap`: whether blocks before them were lost.
        """
        self._begun = True
        if after_gap:
            self._blocks, self._to_leave_out = self._first, self._reserve + self._held_back
        self._held_back += blocks * BLOCK - samples
        self._blocks += blocks
        self._blocks = min(self._blocks, self._blocks % BLOCKS_A_HOP)  # below 0 it stays
        left_out = min(self._to_leave_out, samples)
        self._to_leave_out -= left_out
        return left_out
