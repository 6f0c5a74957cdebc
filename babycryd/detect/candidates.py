"""Candidates: sounds for which the vote comes near a cry, in parts of a few seconds, from which the home is learnt.

A candidate says nothing about what the sound was. `feedback/home_sounds.py` decides that later, from what followed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP_S

LOWEST: Final = 0.1  # voted score from which a sound is a candidate
PART_S: Final = 3.0  # a longer sound is cut into parts of this length
LONGEST_PAUSE_S: Final = 1.5  # a shorter pause does not end a sound

Embedding = NDArray[np.floating]  # (EMBEDDING,) mean of the hops that voted


@dataclass(frozen=True, slots=True)
class Candidate:
    """Part of a sound that is nearly or surely a cry."""

    began_s: float  # stream time of the first vote of the whole sound, the same for all its parts
    last_s: float  # of the last vote of this part
    voted: float  # highest threshold at which the vote passes in this part
    embedding: Embedding  # at that moment


class CandidateTracker:
    """Tracker of candidates: follows the vote, one `update` a hop."""

    def __init__(self) -> None:
        self._began_s: float | None = None
        self._part_since_s = self._last_s = 0.0
        self._best: tuple[float, Embedding] | None = None  # of this part

    def update(self, voted: float, embedding: Callable[[], Embedding], at_s: float) -> Candidate | None:
        """Follow the vote of one hop; return a part that ends with it.

        `voted`: the highest threshold at which the vote would pass now; `embedding` is asked at the highest ones only.
        """
        ended, quiet_until_s = None, at_s if voted < LOWEST else at_s - HOP_S
        if self._began_s is not None and quiet_until_s - self._last_s > LONGEST_PAUSE_S:
            ended, self._began_s = self._part(), None
        return ended if voted < LOWEST else self._prolong(voted, embedding, at_s) or ended

    def _prolong(self, voted: float, embedding: Callable[[], Embedding], at_s: float) -> Candidate | None:
        if self._began_s is None:
            self._began_s = self._part_since_s = at_s
        self._last_s = at_s
        if self._best is None or voted > self._best[0]:
            self._best = voted, embedding()
        if at_s - self._part_since_s < PART_S:
            return None
        self._part_since_s = at_s
        return self._part()

    def _part(self) -> Candidate | None:
        if self._best is None or self._began_s is None:
            return None
        (voted, embedding), self._best = self._best, None
        return Candidate(self._began_s, self._last_s, voted, embedding)
