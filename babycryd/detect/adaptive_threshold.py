"""Adaptive threshold: the score that a vote must reach in this room, where some sounds are often nearly a cry.

A short sound that nearly passes (a door, a toy, every day) raises the threshold a little, for hours, never by more
than HIGHEST. An episode, the time after it, and any sound that lasts or passes raise nothing. `rejection` accepts any
vote that lasts for a while. So a crying baby cannot teach the threshold to ignore it.
"""

from functools import lru_cache
from typing import Final

import numpy as np

NEAR: Final = 1.0  # logit below the owner's threshold from which a sound is nearly a cry
STEP: Final = 0.05  # logit that each nearly passing sound adds
HIGHEST: Final = 0.5  # logit
FORGET_S: Final = 6 * 3600.0  # time constant with which the offset falls back
LONGEST_S: Final = 3.0  # a longer sound is not one of the room's short sounds
AFTER_EPISODE_S: Final = 600.0


class AdaptiveThreshold:
    """Threshold of the vote, raised by the room's own short sounds; one `update` a hop."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._at_s: float | None = None
        self._near_since_s: float | None = None
        self._learns_from_s = 0.0

    @property
    def offset(self) -> float:
        """Offset of the owner's threshold, logit, 0 to HIGHEST."""
        return self._offset

    def threshold(self, threshold: float, bias: float = 0.0) -> float:
        """Return the owner's threshold, 0..1, raised by the offset: the score that is accepted at once.

        `bias`: logit by which it is lowered for the present sound.
        """
        return float(1 / (1 + np.exp(-(_logit(threshold) + self._offset - bias))))

    def update(self, voted: float, threshold: float, at_s: float, *, crying: bool) -> None:
        """Follow the vote of one hop.

        `voted`: the highest threshold at which the vote would pass now; `crying`: an episode runs.
        """
        elapsed_s = 0.0 if self._at_s is None else max(0.0, at_s - self._at_s)
        self._at_s = at_s
        if self._offset:
            self._offset *= float(np.exp(-elapsed_s / FORGET_S))
        if crying or voted >= threshold:
            self._learns_from_s = at_s + AFTER_EPISODE_S
            self._near_since_s = None
        elif _logit(voted) >= _logit(threshold) - NEAR:
            self._near_since_s = at_s if self._near_since_s is None else self._near_since_s
        elif self._near_since_s is not None:
            self._learn(at_s, lasted_s=at_s - self._near_since_s)
            self._near_since_s = None

    def _learn(self, at_s: float, *, lasted_s: float) -> None:
        if lasted_s <= LONGEST_S and at_s >= self._learns_from_s:
            self._offset = min(HIGHEST, self._offset + STEP)


@lru_cache(maxsize=16)  # in quiet it is always asked for the same ones
def _logit(probability: float) -> float:
    clipped = min(max(probability, 1e-6), 1 - 1e-6)
    return float(np.log(clipped / (1 - clipped)))
