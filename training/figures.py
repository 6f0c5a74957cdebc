"""The figures of the report: what a detector's scores on val clips and val scenes amount to.

Intervals are 95 % bootstraps over babies and recordings (clips), babies (recall), scenes (false alarms).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from training.data import CRY_LABELS, load_audio
from training.detectors import Detector, val_clips
from training.metrics import SceneFigures, Scores, auc, average_precision, bootstrap, judge
from training.scenes import CryEvent, DistractorEvent, load, scene_paths

FALSE_ALARMS_PER_HOUR: Final = (0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class ClipScore:
    """The highest threshold at which a val clip fires."""

    group: str
    kind: str
    cry: bool
    score: float


@dataclass(frozen=True, slots=True)
class VotedScene:
    """A val scene with a detector's voted scores."""

    voted: Scores
    cries: tuple[CryEvent, ...]
    distractors: tuple[DistractorEvent, ...]
    duration_s: float

    def judged(self, threshold: float) -> SceneFigures:
        """At one threshold."""
        return judge(self.voted, [(cry.onset_s, cry.offset_s) for cry in self.cries], self.duration_s, threshold)


def score_clips(detector: Detector) -> list[ClipScore]:
    """Every val clip."""
    scored = []
    for clip in tqdm(val_clips(), desc=f"clips: {detector.name}", unit="clip", leave=False):
        highest = float(detector.voted(clip.path, load_audio(clip.path)).max())
        scored.append(ClipScore(clip.group, clip.kind, clip.label in CRY_LABELS, highest))
    return scored


def vote_scenes(detector: Detector) -> list[VotedScene]:
    """Every val scene."""
    found = []
    for path in tqdm(scene_paths("val"), desc=f"scenes: {detector.name}", unit="scene", leave=False):
        scene = load(path)
        voted = detector.voted(path.name, scene.samples)
        found.append(VotedScene(voted, scene.cries, scene.distractors, len(scene.samples) / 16000))
    return found


def _grouped(scores: Sequence[ClipScore]) -> list[list[ClipScore]]:
    groups: dict[str, list[ClipScore]] = {}
    for score in scores:
        groups.setdefault(score.group, []).append(score)
    return list(groups.values())


def _of(scores: Sequence[ClipScore], *, cry: bool) -> Scores:
    return np.array([score.score for score in scores if score.cry == cry])


def _with_interval(value: float, interval: tuple[float, float]) -> dict[str, float]:
    return {"value": round(value, 4), "low": round(interval[0], 4), "high": round(interval[1], 4)}


def _interval(groups: Sequence[Sequence[Any]], figure: Callable[[list[Any]], float]) -> dict[str, float]:
    """A figure with its 95 % interval over the groups."""
    value = figure(list(chain.from_iterable(groups)))
    return _with_interval(value, bootstrap(groups, lambda drawn: figure(list(chain.from_iterable(drawn))), rounds=200))


def recall_at_false_rate(scores: Sequence[ClipScore], false_rate: float = 0.01) -> float:
    """Share of cries that fire where at most `false_rate` of the negatives do."""
    threshold = np.quantile(_of(scores, cry=False), 1 - false_rate, method="higher")
    return float(np.mean(_of(scores, cry=True) > threshold))


def clip_figures(scores: Sequence[ClipScore], threshold: float) -> dict[str, Any]:
    """AUC, AP, recall and share of negatives that fire; recall at 1 % of them; which ones fired."""
    groups = _grouped(scores)
    fired = Counter(score.kind for score in scores if not score.cry and score.score >= threshold)
    return {
        "auc": _interval(groups, lambda some: auc(_of(some, cry=True), _of(some, cry=False))),
        "ap": _interval(groups, lambda some: average_precision(_of(some, cry=True), _of(some, cry=False))),
        "recall": _interval(groups, lambda some: float(np.mean(_of(some, cry=True) >= threshold))),
        "false_rate": _interval(groups, lambda some: float(np.mean(_of(some, cry=False) >= threshold))),
        "recall_at_1_percent": _interval(groups, recall_at_false_rate),
        "cries": len(_of(scores, cry=True)),
        "negatives": len(_of(scores, cry=False)),
        "fired": dict(fired.most_common()),
    }


@dataclass(frozen=True, slots=True)
class Heard:
    """One cry of one scene at one threshold."""

    cry: CryEvent
    latency_s: float | None


def heard_cries(scenes: Sequence[VotedScene], threshold: float) -> list[Heard]:
    """Every cry of all scenes, found or missed."""
    pairs = [zip(scene.cries, scene.judged(threshold).latencies_s, strict=True) for scene in scenes]
    return [Heard(cry, latency_s) for pair in pairs for cry, latency_s in pair]


def false_alarms_per_hour(scenes: Sequence[VotedScene], threshold: float) -> float:
    """Alarms that no cry explains."""
    figures = [scene.judged(threshold) for scene in scenes]
    return sum(len(one.false_alarms_s) for one in figures) / sum(one.duration_s for one in figures) * 3600


def _recall(heard: Sequence[Heard]) -> float:
    return float(np.mean([one.latency_s is not None for one in heard])) if heard else float("nan")


def _recall_figure(heard: Sequence[Heard]) -> dict[str, float]:
    groups: dict[str, list[Heard]] = {}
    for one in heard:
        groups.setdefault(one.cry.group, []).append(one)
    return _interval(list(groups.values()), _recall) | {"events": len(heard)}


def _blamed(scene: VotedScene, at_s: float) -> str:
    """The distractor that sounded in the 2.5 s before a false alarm, or "bed"."""
    kinds = [one.kind for one in scene.distractors if one.at_s <= at_s <= one.at_s + one.duration_s + 2.5]
    return kinds[-1] if kinds else "bed or lullaby"


def scene_figures(scenes: Sequence[VotedScene], threshold: float) -> dict[str, Any]:
    """Recall by SNR and over a lullaby, false alarms an hour and who caused them, latency."""
    heard = heard_cries(scenes, threshold)
    latencies = [one.latency_s for one in heard if one.latency_s is not None] or [float("nan")]
    blamed = Counter(_blamed(scene, at_s) for scene in scenes for at_s in scene.judged(threshold).false_alarms_s)
    alarms = bootstrap(scenes, lambda drawn: false_alarms_per_hour(drawn, threshold))
    return {
        "hours": round(sum(scene.duration_s for scene in scenes) / 3600, 2),
        "recall": _recall_figure(heard),
        "recall_snr_10_up": _recall_figure([one for one in heard if one.cry.snr_db >= 10]),
        "recall_snr_0_10": _recall_figure([one for one in heard if one.cry.snr_db < 10]),
        "recall_over_lullaby": _recall_figure([one for one in heard if one.cry.over_lullaby]),
        "false_alarms_per_hour": _with_interval(false_alarms_per_hour(scenes, threshold), alarms),
        "false_alarms_by": dict(blamed.most_common()),
        "latency_median_s": round(float(np.median(latencies)), 2),
        "latency_p95_s": round(float(np.percentile(latencies, 95)), 2),
    }


def recall_at_false_alarms(scenes: Sequence[VotedScene], per_hour: float) -> tuple[float, float]:
    """The lowest threshold with at most `per_hour` false alarms from there on up, and the recall there."""
    tops = np.unique(np.concatenate([scene.voted for scene in scenes]))
    best, finest = float(tops[-1]), tops[-400:]
    for threshold in np.unique(np.concatenate([np.quantile(tops, np.linspace(0, 1, 400)), finest]))[::-1]:
        if false_alarms_per_hour(scenes, float(threshold)) > per_hour:
            break
        best = float(threshold)
    return best, _recall(heard_cries(scenes, best))


def cross_checked(scenes: Sequence[VotedScene], per_hour: float) -> dict[str, float]:
    """Recall and false alarms of each half of the scenes at the threshold that the other half chose.

    What choosing a threshold on the scenes it is judged by flatters; babies and cats are still shared by the halves.
    """
    halves = [scenes[0::2], scenes[1::2]]
    chosen = [recall_at_false_alarms(half, per_hour)[0] for half in halves]
    judged = list(zip(reversed(halves), chosen, strict=True))
    return {
        "recall": round(_recall([one for half, at in judged for one in heard_cries(half, at)]), 4),
        "false_alarms_per_hour": round(float(np.mean([false_alarms_per_hour(half, at) for half, at in judged])), 2),
    }


def report_on(detector: Detector) -> dict[str, Any]:
    """All figures of one detector at its threshold, and its recall at other rates of false alarms."""
    scenes = vote_scenes(detector)
    at = {str(per_hour): recall_at_false_alarms(scenes, per_hour) for per_hour in FALSE_ALARMS_PER_HOUR}
    return {
        "threshold": detector.threshold,
        "clips": clip_figures(score_clips(detector), detector.threshold),
        "scenes": scene_figures(scenes, detector.threshold),
        "recall_at": {name: {"threshold": round(t, 4), "recall": round(recall, 4)} for name, (t, recall) in at.items()},
        "cross_checked_at_0.5": cross_checked(scenes, 0.5),
    }
