"""Tap of the shadow: copies each hop behind the echo canceller into a bounded queue while two models are compared."""

from collections import deque
from typing import Final

from babycryd.audio.block import Hop
from babycryd.detect.front_end import HopFilter

CAPACITY_HOPS: Final = 250  # one minute, 4 MB; a shadow that is further behind loses the newest, counted


class ShadowTap:
    """Hop filter that passes every hop on as `inner` makes it, and keeps a copy for the shadow."""

    def __init__(self, inner: HopFilter | None = None) -> None:
        self._inner = inner
        self._hops: deque[Hop] = deque()
        self._lost = 0
        self._listening = False

    def process(self, hop: Hop) -> Hop:
        """Return the hop for the model that decides; called in the detector's thread."""
        heard = hop if self._inner is None else self._inner.process(hop)
        if self._listening:
            if len(self._hops) < CAPACITY_HOPS:
                self._hops.append(heard)
            else:
                self._lost += 1
        return heard

    @property
    def working(self) -> bool:
        """Whether `inner` is; a copy takes no time."""
        return self._inner is not None and self._inner.working

    @property
    def listening(self) -> bool:
        """Whether hops are copied."""
        return self._listening

    @property
    def waiting(self) -> int:
        """Number of hops that wait."""
        return len(self._hops)

    def listen(self, *, listening: bool) -> None:
        """Begin or stop copying; what waits is forgotten."""
        self._hops.clear()
        self._lost, self._listening = 0, listening

    def take(self, most: int) -> tuple[list[Hop], int]:
        """Return the oldest hops, and how many were lost since the last call."""
        taken = [self._hops.popleft() for _ in range(min(most, len(self._hops)))]
        lost, self._lost = self._lost, 0
        return taken, lost
