"""The vote: k of the last n windows. The seed's rule, 3 of 5, on a finer hop."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from babycryd.core.setting import setting


@dataclass(frozen=True, slots=True)
class VoteSettings:
    """How many windows must agree."""

    needed: int = setting(3, "This many of the last windows must say cry.", unit="windows", low=1, high=50, live=True)
    windows: int = setting(5, "How many windows vote; one every 0.24 s.", unit="windows", low=1, high=50, live=True)

    def check(self) -> Iterator[tuple[str, str]]:
        if self.needed > self.windows:
            yield (
                "needed",
                f"{self.needed} of {self.windows} windows can never be reached; set it to {self.windows} at most",
            )


class Vote:
    """Remembers the last n scores. A window that was not scored votes against."""

    def __init__(self, settings: VoteSettings) -> None:
        self.settings = settings
        self._scores: deque[float] = deque(maxlen=settings.windows)

    def add(self, score: float | None) -> None:
        """The next window in time order: its score 0..1, or None where the gate kept it away."""
        if self._scores.maxlen != self.settings.windows:  # the settings were reloaded
            self._scores = deque(self._scores, maxlen=self.settings.windows)
        self._scores.append(0.0 if score is None else score)

    def passes(self, threshold: float) -> bool:
        """Whether enough of the last windows reach `threshold`."""
        return sum(score >= threshold for score in self._scores) >= self.settings.needed

    @property
    def voted(self) -> float:
        """The highest threshold at which the vote would pass now; 0 where there are too few scores."""
        needed = self.settings.needed
        return sorted(self._scores, reverse=True)[needed - 1] if len(self._scores) >= needed else 0.0

    def confidence(self, threshold: float) -> float:
        """Mean score of the windows that reach `threshold`; 0 where none does."""
        positive = [score for score in self._scores if score >= threshold]
        return sum(positive) / len(positive) if positive else 0.0

    def clear(self) -> None:
        self._scores.clear()
