"""PURE. Judge of one sound that is tried: listens while it plays, and says how it ended.

Success: the crying ends within SOON_S, and QUIET_S of quiet follow. Worse: the baby cries on, and the mean level of the
last SPAN_S is at least LOUDER_DB above that of the first SPAN_S after the fade-in. Both spans hold the same sound at
the same volume, so that a rise can only come from the crying; where the sound is louder than the baby, it hides a rise,
and the outcome is `same`.
"""

import math
from collections import deque
from typing import Final

from babycryd.core.soothing_events import Outcome

SOON_S: Final = 300.0
QUIET_S: Final = 120.0
SPAN_S: Final = 20.0
LOUDER_DB: Final = 3.0
_LEAST_LEVELS: Final = 5  # in a span; there is one in 1.2 s
_MOST_LEVELS: Final = 100  # of the last span
_LOUDER: Final = 10 ** (LOUDER_DB / 10)  # the same as a ratio of powers


class StepJudge:
    """Judge of the sound that began at `since_s`, on the clock of the strategy."""

    def __init__(self, since_s: float, fade_in_s: float) -> None:
        self.since_s = since_s
        self.cried_s = 0.0  # while it played
        self.spoilt: Outcome | None = None  # it says nothing about the sound, because the microphone went deaf
        self._last_s = since_s
        self._first_from_s = since_s + fade_in_s
        self._first: list[float] = []  # powers
        self._last: deque[tuple[float, float]] = deque(maxlen=_MOST_LEVELS)  # time and power

    def pass_time(self, at_s: float, *, crying: bool) -> None:
        """Count the time since the last call as crying, where the baby cries."""
        if crying:
            self.cried_s += max(0.0, at_s - self._last_s)
        self._last_s = at_s

    def hear(self, level_dbfs: float, at_s: float) -> None:
        """Take a level that was measured while the baby cried and the sound played."""
        if not math.isfinite(level_dbfs) or at_s < self._first_from_s:
            return
        power = 10 ** (level_dbfs / 10)
        if at_s < self._first_from_s + SPAN_S:
            self._first.append(power)
        self._last.append((at_s, power))
        while self._last[0][0] < at_s - SPAN_S:
            self._last.popleft()

    def cried_on(self) -> Outcome:
        """Return the outcome of a step in which the baby did not calm."""
        return "worse" if self._louder() else "same"

    def quiet_followed(self, last_cry_s: float) -> Outcome:
        """Return the outcome after QUIET_S of quiet since `last_cry_s`."""
        return "calm" if last_cry_s - self.since_s <= SOON_S else "same"

    def _louder(self) -> bool:
        if len(self._first) < _LEAST_LEVELS or len(self._last) < _LEAST_LEVELS:
            return False
        if self._last[0][0] < self._first_from_s + SPAN_S:  # the spans overlap: the step was cut short
            return False
        first = sum(self._first) / len(self._first)
        last = sum(power for _, power in self._last) / len(self._last)
        return last >= first * _LOUDER and first > 0
