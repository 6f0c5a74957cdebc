"""PURE. Score curve of an episode, of bounded length."""

from typing import Final

MOST_SCORES: Final = 600


class ScoreCurve:
    """Score curve: the highest score of each step; the step doubles once there are MOST_SCORES."""

    def __init__(self, begin_s: float) -> None:
        self.step_s = 1.0
        self._begin_s = begin_s
        self._highest: list[float] = []

    def add(self, score: float, at_s: float) -> None:
        while (number := int(max(0.0, at_s - self._begin_s) // self.step_s)) >= MOST_SCORES:
            pairs = range(0, len(self._highest), 2)
            self._highest = [max(self._highest[at : at + 2]) for at in pairs]
            self.step_s *= 2
        self._highest += [0.0] * (number + 1 - len(self._highest))
        self._highest[number] = max(self._highest[number], round(score, 2))

    @property
    def scores(self) -> tuple[float, ...]:
        return tuple(self._highest)
