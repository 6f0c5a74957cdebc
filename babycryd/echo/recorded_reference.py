"""PURE. Echo reference of a recording: what the speaker played meanwhile, recorded beside it."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from babycryd.audio.block import Mono
from babycryd.core.echo_reference import Played

KEPT: Final = 160_000  # samples, 10 s: more than a canceller looks back


class RecordedReference:
    """`EchoReference` of consecutive samples, which are taken as they are asked for; the last KEPT are remembered."""

    def __init__(self, pieces: Iterable[Mono]) -> None:
        """`pieces`: mono, 16 kHz, from the start of the recording on. `played` raises what they raise."""
        self._pieces: Iterator[Mono] = iter(pieces)
        self._samples: Mono = np.zeros(0, np.float32)
        self._first = 0  # of the remembered samples

    def played(self, first: int, n: int) -> Played | None:
        """Return samples as the protocol says; those before the last KEPT are 0, as those beyond the end."""
        while self._first + len(self._samples) < first + n:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._samples = np.concatenate([self._samples, piece])
        surplus = len(self._samples) - KEPT
        if surplus > KEPT:
            self._samples, self._first = self._samples[surplus:], self._first + surplus
        out = np.zeros(n, np.float32)
        low, high = max(first, self._first), min(first + n, self._first + len(self._samples))
        if low < high:
            out[low - first : high - first] = self._samples[low - self._first : high - self._first]
        return Played(out, 0) if out.any() else None

    def playing_since(self, first: int, n: int) -> int | None:
        """Return 0, the start of the recording, where anything is played in that time."""
        return None if self.played(first, n) is None else 0
