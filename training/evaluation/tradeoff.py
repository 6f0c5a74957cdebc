"""Trade-off of recall and false alarms over all thresholds at once, so that it can be resampled by scenes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.evaluation.metrics import LINGER_S, alarms_s, window_ends_s
from training.evaluation.scoring import VotedScene

PER_HOUR: Final = (0.0, 0.5, 1.0, 2.0, 4.0)  # false alarms at which recall is told
ROUNDS: Final = 300
SEED: Final = 5
_QUANTILES: Final = 600
_FINEST: Final = 400  # of the highest scores are thresholds of their own

Weights = NDArray[np.float64]  # (scenes,) how often each scene counts


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Lowest threshold from which on there are at most so many false alarms, and what it finds."""

    threshold: float
    recall: float
    latencies_s: tuple[float, ...]  # of the cries that are found


class Tradeoff:
    """Trade-off of a detector: the false alarms of each scene at each threshold, and the top score of each cry."""

    def __init__(self, scenes: Sequence[VotedScene]) -> None:
        tops = np.unique(np.concatenate([scene.voted for scene in scenes]))
        self._thresholds = np.unique([*np.quantile(tops, np.linspace(0, 1, _QUANTILES)), *tops[-_FINEST:]])
        self._hours = np.array([scene.duration_s for scene in scenes]) / 3600
        self._alarms = np.stack([self._alarms_of(scene) for scene in scenes])
        heard = [(number, one) for number, scene in enumerate(scenes) for one in _heard_cries(scene)]
        self._scene_of = np.array([number for number, _ in heard], int)
        self._cries = [one for _, one in heard]
        self._highest = np.array([voted.max(initial=-np.inf) for voted, _ in self._cries])

    def _alarms_of(self, scene: VotedScene) -> NDArray[np.int64]:
        """(thresholds,) alarms outside of cries."""
        ends_s, far = window_ends_s(len(scene.voted)), np.ones(len(scene.voted), bool)
        for cry in scene.cries:
            far &= (ends_s < cry.onset_s) | (ends_s > cry.offset_s + LINGER_S)
        most = scene.voted[far].max(initial=-np.inf)
        fires = (far & (scene.voted >= threshold) for threshold in self._thresholds if threshold <= most)
        counts = [len(alarms_s(one, ends_s)) for one in fires]
        return np.pad(np.array(counts, int), (0, len(self._thresholds) - len(counts)))

    def threshold_and_recall(self, per_hour: float, weights: Weights | None = None) -> tuple[float, float]:
        """Lowest threshold with at most `per_hour` false alarms at it and at each higher one, and the recall."""
        counted = np.ones(len(self._hours)) if weights is None else weights
        too_many = np.flatnonzero((counted @ self._alarms) / (counted @ self._hours) > per_hour)
        first = too_many[-1] + 1 if len(too_many) else 0
        if first == len(self._thresholds):
            return float("inf"), 0.0
        found = self._highest >= self._thresholds[first]
        return float(self._thresholds[first]), float(np.average(found, weights=counted[self._scene_of]))

    def at(self, per_hour: float) -> OperatingPoint:
        """Operating point with at most `per_hour` false alarms an hour."""
        threshold, recall = self.threshold_and_recall(per_hour)
        firing = [(voted >= threshold, after_s) for voted, after_s in self._cries]
        return OperatingPoint(threshold, recall, tuple(float(s[fires][0]) for fires, s in firing if fires.any()))

    def resampled(self, draws: Sequence[Weights]) -> NDArray[np.float64]:
        """(draws, PER_HOUR) recall for each draw of the scenes."""
        return np.array([[self.threshold_and_recall(rate, draw)[1] for rate in PER_HOUR] for draw in draws])


def _heard_cries(scene: VotedScene) -> list[tuple[NDArray[np.floating], NDArray[np.float64]]]:
    """Voted scores during each cry, with the seconds from its onset."""
    ends_s = window_ends_s(len(scene.voted))
    within = [(ends_s >= cry.onset_s) & (ends_s <= cry.offset_s + LINGER_S) for cry in scene.cries]
    return [(scene.voted[one], ends_s[one] - cry.onset_s) for one, cry in zip(within, scene.cries, strict=True)]


def draws_of(scenes: int, rounds: int = ROUNDS) -> list[Weights]:
    """Bootstrap draws of the scenes, the same for each detector."""
    rng = np.random.default_rng(SEED)
    return [np.bincount(rng.integers(0, scenes, scenes), minlength=scenes).astype(np.float64) for _ in range(rounds)]


def comparison(detectors: Mapping[str, Sequence[VotedScene]]) -> str:
    """Markdown table: recall at each of PER_HOUR, in brackets the 95 % interval of the gain over the first detector."""
    names = list(detectors)
    draws = draws_of(len(detectors[names[0]]))
    first: NDArray[np.float64] | None = None
    rates = " | ".join(f"recall at {rate:g}/h" for rate in PER_HOUR)
    lines = [f"| detector | {rates} | latency at 0.5/h: median, 95 % | at 1/h |", "|---" * (len(PER_HOUR) + 3) + "|"]
    for name, scenes in detectors.items():
        tradeoff = Tradeoff(scenes)
        drawn = tradeoff.resampled(draws)
        first = drawn if first is None else first
        low, high = np.percentile(drawn - first, [2.5, 97.5], axis=0)
        points = [tradeoff.at(rate) for rate in PER_HOUR]
        gains = (
            [""] * len(points)
            if name == names[0]
            else [f" ({a:+.3f} to {b:+.3f})" for a, b in zip(low, high, strict=True)]
        )
        recalls = [f"{point.recall:.3f}{gain}" for point, gain in zip(points, gains, strict=True)]
        lines.append(f"| {' | '.join([name, *recalls, *(_latency(one) for one in points[1:3])])} |")
    return "\n".join(lines)


def _latency(point: OperatingPoint) -> str:
    if not point.latencies_s:
        return "none"
    median, most = np.percentile(point.latencies_s, [50, 95])
    return f"{median:.2f} s, {most:.1f} s"
