"""Operating curve: recall of cries against false alarms an hour, with bootstrap intervals over scenes. Pure numpy.

False alarms and hits are counted once for every scene and threshold, so that a bootstrap round only adds them up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.metrics import SceneOutcome, bootstrap
from training.evaluation.scoring import VotedScene

THRESHOLDS = 300  # at most, denser towards high scores
LAXEST_SHARE = 0.3  # of the voted scores that lie over the lowest threshold

Scenes = Sequence[int]  # indices of scenes, of which some may stand there twice
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class OperatingCurve:
    """Counts of every scene at every threshold, strictest first."""

    thresholds: NDArray[np.float64]  # (t,) falling
    false_alarms: NDArray[np.int64]  # (scenes, t)
    hits: NDArray[np.int64]  # (scenes, t) cries that were found
    cries: NDArray[np.int64]  # (scenes,)
    hours: NDArray[np.float64]  # (scenes,)

    def point(self, per_hour: float, scenes: Scenes | None = None) -> int:
        """Index of the laxest threshold up to which there are at most `per_hour` false alarms an hour; -1: none."""
        chosen = slice(None) if scenes is None else np.asarray(scenes)
        rate = self.false_alarms[chosen].sum(axis=0) / self.hours[chosen].sum()
        over = np.flatnonzero(rate > per_hour)
        return int(over[0] if len(over) else len(rate)) - 1

    def threshold(self, per_hour: float) -> float:
        """Threshold of `point`; just above the highest score where there is none."""
        point = self.point(per_hour)
        return float(self.thresholds[point] if point >= 0 else np.nextafter(self.thresholds[0], np.inf))

    def recall(self, per_hour: float, scenes: Scenes | None = None) -> float:
        """Recall of cries, 0..1, at `point`."""
        chosen = slice(None) if scenes is None else np.asarray(scenes)
        point = self.point(per_hour, scenes)
        return float(self.hits[chosen, point].sum() / self.cries[chosen].sum()) if point >= 0 else 0.0

    def recall_interval(self, per_hour: float) -> Interval:
        """95 % interval of `recall` over scenes."""
        return bootstrap(range(len(self.hours)), lambda drawn: self.recall(per_hour, drawn))

    def gain_interval(self, other: "OperatingCurve", per_hour: float) -> Interval:
        """95 % interval of this recall less that of another detector on the same scenes."""
        return bootstrap(
            range(len(self.hours)), lambda drawn: self.recall(per_hour, drawn) - other.recall(per_hour, drawn)
        )


def strict_to_lax(scenes: Sequence[VotedScene]) -> NDArray[np.float64]:
    """(t,) thresholds of a curve, falling: voted scores of the scenes, denser towards the highest."""
    scores = np.sort(np.concatenate([scene.voted for scene in scenes]))[::-1].astype(np.float64)
    ranks = np.geomspace(1, max(2, LAXEST_SHARE * len(scores)), THRESHOLDS).astype(int) - 1
    return np.unique(scores[np.unique(ranks)])[::-1]


def curve_of(scenes: Sequence[VotedScene], within_s: float = np.inf) -> OperatingCurve:
    """Operating curve of a detector; only cries that are found `within_s` of their onset count as hits."""
    thresholds = strict_to_lax(scenes)
    outcomes = [[scene.figures_at(float(threshold)) for threshold in thresholds] for scene in scenes]
    return OperatingCurve(
        thresholds,
        np.array([[len(one.false_alarms_s) for one in row] for row in outcomes]),
        np.array(
            [
                [sum(late is not None and late <= within_s for late in one.latencies_s) for one in row]
                for row in outcomes
            ]
        ),
        np.array([len(scene.cries) for scene in scenes]),
        np.array([scene.duration_s / 3600 for scene in scenes]),
    )


def _hits(outcome: SceneOutcome, within_s: float) -> int:
    return sum(late_s is not None and late_s <= within_s for late_s in outcome.latencies_s)
