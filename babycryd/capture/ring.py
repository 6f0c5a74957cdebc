"""PURE. The last seconds of audio, from which any part can be taken by its time."""

import numpy as np

from babycryd.capture.block import AudioBlock, Mono
from babycryd.detect.features import SAMPLE_RATE_HZ


class RingBuffer:
    """Keeps the newest `seconds` of one gapless stretch, in memory taken once.

    A gap between two blocks forgets what lay before it: a clip never joins audio that was not
    heard in one piece.
    """

    def __init__(self, seconds: float, rate: int = SAMPLE_RATE_HZ) -> None:
        self._rate = rate
        self._samples: Mono = np.zeros(max(1, round(seconds * rate)), np.float32)
        self._first = 0  # number of the oldest sample kept, counted from stream time 0
        self._next = 0  # one past the newest

    def append(self, block: AudioBlock) -> None:
        """Keep the block's samples. Blocks come in order of time."""
        start = round(block.start_s * self._rate)
        if start != self._next:
            self._first = self._next = start
        kept = block.samples[-len(self._samples) :]
        self._next = start + len(block.samples)
        self._first = max(self._first, self._next - len(self._samples))
        self._write(self._next - len(kept), kept)

    def slice(self, start_s: float, end_s: float) -> AudioBlock | None:
        """What is still there of [start_s, end_s), copied, with its true start; None where nothing is.

        `utc_s` is 0: the ring knows stream time only.
        """
        first = max(self._first, round(start_s * self._rate))
        end = min(self._next, round(end_s * self._rate))
        if first >= end:
            return None
        return AudioBlock(self._read(first, end), first / self._rate, utc_s=0.0)

    @property
    def start_s(self) -> float:
        """Stream time of the oldest sample kept."""
        return self._first / self._rate

    @property
    def end_s(self) -> float:
        """Stream time just after the newest sample."""
        return self._next / self._rate

    def _write(self, first: int, samples: Mono) -> None:
        at = first % len(self._samples)
        head = samples[: len(self._samples) - at]
        self._samples[at : at + len(head)] = head
        self._samples[: len(samples) - len(head)] = samples[len(head) :]

    def _read(self, first: int, end: int) -> Mono:
        at = first % len(self._samples)
        head = self._samples[at : at + end - first]
        return np.concatenate([head, self._samples[: end - first - len(head)]])
