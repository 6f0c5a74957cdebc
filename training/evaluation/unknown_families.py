"""Operating point for unknown sounds: each kind of distractor is judged at a threshold chosen without it. Pure.

A threshold that is chosen on val promises too few false alarms, because homes hold kinds that val does not. Here every
kind (cats, laughter, a ringtone, ...) is unknown once: the threshold is the lowest one at which all other kinds and the
background raise at most so many false alarms an hour, and only the left-out kind's false alarms count.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.evaluation.report import blamed_kind
from training.evaluation.scoring import VotedScene, cry_outcomes, recall_of


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What one threshold does on some scenes."""

    threshold: float
    alarms: Counter[str]  # false alarms by the kind that is blamed
    recall: float


@dataclass(frozen=True, slots=True)
class UnknownKinds:
    """Figures at thresholds that were chosen without the kind they are judged on."""

    recall: float  # mean, each threshold weighted by how often its kind sounds
    false_alarms_per_hour: float  # of all kinds together, each at its own threshold, and of the background
    thresholds: tuple[float, float]  # lowest and highest of those chosen


def operating_points(scenes: Sequence[VotedScene], count: int = 200) -> list[OperatingPoint]:
    """Operating points from the strictest threshold to the laxest, `count` at most."""
    tops = np.unique(np.concatenate([scene.voted for scene in scenes]))
    thresholds = np.unique(np.quantile(tops, 1 - np.geomspace(1, 1 / len(tops), count), method="higher"))[::-1]
    points = []
    for threshold in map(float, thresholds):
        alarms = Counter(
            blamed_kind(scene, at_s) for scene in scenes for at_s in scene.figures_at(threshold).false_alarms_s
        )
        points.append(OperatingPoint(threshold, alarms, recall_of(cry_outcomes(scenes, threshold))))
    return points


def without(kind: str, points: Sequence[OperatingPoint], sounded: Counter[str], most: float) -> OperatingPoint:
    """Laxest point at which all but one kind raise `most` false alarms; the strictest one if none does.

    Distractors of the left-out kind count as if other ones had sounded in their place.
    """
    others = sounded.total() - sounded[kind]
    best = points[0]
    for point in points:
        background = sum(count for name, count in point.alarms.items() if name not in sounded)
        known = point.alarms.total() - background - point.alarms[kind]
        if background + known * sounded.total() / max(others, 1) > most:
            break
        best = point
    return best


def on_unknown_kinds(scenes: Sequence[VotedScene], per_hour: float) -> UnknownKinds:
    """Recall and false alarms an hour where every kind is unknown to the threshold it meets.

    `per_hour` is what the threshold promises.
    """
    hours, points = sum(scene.duration_s for scene in scenes) / 3600, operating_points(scenes)
    sounded = Counter(one.kind for scene in scenes for one in scene.distractors)
    chosen = {kind: without(kind, points, sounded, per_hour * hours) for kind in sounded}
    share = {kind: count / sounded.total() for kind, count in sounded.items()}
    background = sum(
        share[kind] * sum(count for name, count in point.alarms.items() if name not in sounded)
        for kind, point in chosen.items()
    )
    alarms = background + sum(point.alarms[kind] for kind, point in chosen.items())
    thresholds = [point.threshold for point in chosen.values()]
    recall = sum(share[kind] * point.recall for kind, point in chosen.items())
    return UnknownKinds(recall, alarms / hours, (min(thresholds), max(thresholds)))
