"""PURE. Ring buffer of the last seconds of audio, read by stream time."""

import numpy as np

from babycryd.audio.block import AudioBlock, Mono
from babycryd.audio.format import SAMPLE_RATE_HZ


class RingBuffer:
    """Ring buffer of the newest `seconds` of audio, of fixed size; a gap between blocks is filled with silence.

    A gap as long as the ring empties it.
    """

    def __init__(self, seconds: float, rate: int = SAMPLE_RATE_HZ) -> None:
        self._rate = rate
        self._samples: Mono = np.zeros(max(1, round(seconds * rate)), np.float32)
        self._first = 0  # number of the oldest sample kept, counted from stream time 0
        self._next = 0  # one past the newest
        self._utc_at_zero_s = 0.0  # wall clock at stream time 0, by the newest block

    def append(self, block: AudioBlock) -> None:
        """Keep the block's samples. Blocks come in order of time."""
        start = round(block.start_s * self._rate)
        gap = start - self._next
        if self._first == self._next or gap < 0 or gap >= len(self._samples):
            self._first = self._next = start
        elif gap:
            self._push(np.zeros(gap, np.float32))
        self._push(block.samples)
        self._utc_at_zero_s = block.utc_s - block.start_s

    def slice(self, start_s: float, end_s: float) -> AudioBlock | None:
        """Return a copy of the kept part of [start_s, end_s), with its true start; None where nothing is kept."""
        first = max(self._first, round(start_s * self._rate))
        end = min(self._next, round(end_s * self._rate))
        if first >= end:
            return None
        true_start_s = first / self._rate
        return AudioBlock(self._read(first, end), true_start_s, self._utc_at_zero_s + true_start_s)

    @property
    def start_s(self) -> float:
        """Stream time of the oldest sample kept."""
        return self._first / self._rate

    @property
    def end_s(self) -> float:
        """Stream time just after the newest sample."""
        return self._next / self._rate

    def _push(self, samples: Mono) -> None:
        capacity = len(self._samples)
        self._next += len(samples)
        self._first = max(self._first, self._next - capacity)
        kept = samples[-capacity:]
        at = (self._next - len(kept)) % capacity
        head = kept[: capacity - at]
        self._samples[at : at + len(head)] = head
        self._samples[: len(kept) - len(head)] = kept[len(head) :]

    def _read(self, first: int, end: int) -> Mono:
        at = first % len(self._samples)
        head = self._samples[at : at + end - first]
        return np.concatenate([head, self._samples[: end - first - len(head)]])
