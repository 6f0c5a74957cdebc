"""Report on a detector: figures on clips and scenes, by signal-to-noise ratio, bed, microphone and distractor.

Intervals are 95 % bootstraps over babies and recordings (clips), babies (recall, latency), scenes (false alarms, and
recall at a rate of false alarms, for which every draw chooses its threshold again).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training.data.distractor_families import family_of
from training.evaluation.detectors import Detector
from training.evaluation.metrics import Scores, bootstrap
from training.evaluation.operating_curve import curve_of
from training.evaluation.psds import psds
from training.evaluation.scoring import (
    ClipScore,
    CryOutcome,
    VotedScene,
    cross_validated,
    cry_outcomes,
    false_alarms_per_hour,
    recall_of,
    score_clips,
    vote_scenes,
)
from training.model.ranking import auc, average_precision

FALSE_ALARMS_PER_HOUR: Final = (0.0, 0.5, 1.0, 2.0, 4.0)
SNR_EDGES_DB: Final = (-5, 0, 5, 10, 15, 20, 30)
FAMILIES_PER_HOUR: Final = 2.0  # false alarms at which detectors are compared by family; one of FALSE_ALARMS_PER_HOUR
BABIES_PER_HOUR: Final = 0.5  # the same by baby and by SNR
BLAME_S: Final = 2.5  # a false alarm up to this long after a distractor is attributed to it


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
    """Recall of clips at the threshold where at most `false_rate` of the negatives fire."""
    threshold = np.quantile(_of(scores, cry=False), 1 - false_rate, method="higher")
    return float(np.mean(_of(scores, cry=True) > threshold))


def f1(found: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> float:
    """Harmonic mean of recall and precision; 0 if no cry was found."""
    hits = float(found.sum())
    return 2 * hits / (len(found) + hits + float(wrong.sum())) if hits else 0.0


def clip_figures(scores: Sequence[ClipScore], threshold: float) -> dict[str, Any]:
    """Figures on clips: AUC, AP, recall, false rate, recall at a false rate of 1 %, F1, kinds of false alarms."""
    groups, visible = _grouped(scores), _grouped([score for score in scores if score.visible])
    fired = Counter(score.kind for score in scores if not score.cry and score.score >= threshold)
    return {
        "auc": _interval(groups, lambda some: auc(_of(some, cry=True), _of(some, cry=False))),
        "auc_visible": _interval(visible, lambda some: auc(_of(some, cry=True), _of(some, cry=False))),
        "ap": _interval(groups, lambda some: average_precision(_of(some, cry=True), _of(some, cry=False))),
        "recall": _interval(groups, lambda some: float(np.mean(_of(some, cry=True) >= threshold))),
        "false_rate": _interval(groups, lambda some: float(np.mean(_of(some, cry=False) >= threshold))),
        "recall_at_1_percent": _interval(groups, recall_at_false_rate),
        "f1": _interval(groups, lambda some: f1(_of(some, cry=True) >= threshold, _of(some, cry=False) >= threshold)),
        "cries": len(_of(scores, cry=True)),
        "negatives": len(_of(scores, cry=False)),
        "fired": dict(fired.most_common()),
    }


def _babies(outcomes: Sequence[CryOutcome]) -> dict[str, list[CryOutcome]]:
    groups: dict[str, list[CryOutcome]] = {}
    for one in outcomes:
        groups.setdefault(one.cry.group, []).append(one)
    return groups


def recall_figure(outcomes: Sequence[CryOutcome]) -> dict[str, float]:
    """Recall with its interval over babies, and the number of cries."""
    return _interval(list(_babies(outcomes).values()), recall_of) | {"events": len(outcomes)}


def latency_figure(outcomes: Sequence[CryOutcome], percent: float) -> dict[str, float]:
    """Percentile of the latency of the cries that are found, in seconds, with its interval over their babies."""
    babies = _babies([one for one in outcomes if one.latency_s is not None])
    found_s = [[one.latency_s for one in some] for some in babies.values()]
    if not found_s:
        return dict.fromkeys(("value", "low", "high"), float("nan"))
    return _interval(found_s, lambda some: float(np.percentile(some, percent)))


def recall_by_snr(outcomes: Sequence[CryOutcome]) -> dict[str, dict[str, float]]:
    """Recall in each bin between SNR_EDGES_DB, with intervals over babies."""
    return {
        f"{low} to {high}": recall_figure([one for one in outcomes if low <= one.cry.snr_db < high])
        for low, high in pairwise(SNR_EDGES_DB)
    }


def _by(
    outcomes: Sequence[CryOutcome], scenes: Sequence[VotedScene], of: Callable[[VotedScene], str]
) -> dict[str, Any]:
    """Recall by a property of the scene (`of`)."""
    names = [of(scene) for scene in scenes for _ in scene.cries]
    groups = {name: [one for one, at in zip(outcomes, names, strict=True) if at == name] for name in sorted(set(names))}
    return {name: {"recall": round(recall_of(some), 3), "events": len(some)} for name, some in groups.items()}


def _by_baby(outcomes: Sequence[CryOutcome]) -> dict[str, Any]:
    """Recall of each baby, the worst first."""
    found = {
        name: {"recall": round(recall_of(some), 3), "events": len(some)} for name, some in _babies(outcomes).items()
    }
    return dict(sorted(found.items(), key=lambda item: (item[1]["recall"], -item[1]["events"])))


def blamed_kind(scene: VotedScene, at_s: float) -> str:
    """Kind of the distractor that sounded shortly before a false alarm, or the bed."""
    kinds = [one.kind for one in scene.distractors if one.at_s <= at_s <= one.at_s + one.duration_s + BLAME_S]
    return kinds[-1] if kinds else f"{scene.bed}, or the lullaby"


def _fired_by(scenes: Sequence[VotedScene], threshold: float) -> dict[str, Any]:
    """By kind of distractor: how many sounded, and how many false alarms are attributed to them."""
    sounded = Counter(one.kind for scene in scenes for one in scene.distractors)
    blamed = Counter(
        blamed_kind(scene, at_s) for scene in scenes for at_s in scene.figures_at(threshold).false_alarms_s
    )
    return {kind: {"alarms": n, "sounded": sounded.get(kind, 0)} for kind, n in blamed.most_common()}


def fired_by_family(scenes: Sequence[VotedScene], threshold: float) -> dict[str, dict[str, int]]:
    """By family of distractor: how many sounded, and how many false alarms are attributed to them."""
    found: dict[str, dict[str, int]] = {}
    sounded = Counter(one.kind for scene in scenes for one in scene.distractors)
    for kind, count in sounded.items():
        found.setdefault(family_of(kind), {"alarms": 0, "sounds": 0})["sounds"] += count
    for kind, one in _fired_by(scenes, threshold).items():
        if kind in sounded:  # else the bed
            found[family_of(kind)]["alarms"] += one["alarms"]
    return dict(sorted(found.items()))


def scene_figures(scenes: Sequence[VotedScene], threshold: float) -> dict[str, Any]:
    """Figures on scenes: recall by SNR, bed, microphone and over a lullaby, false alarms by cause, latency."""
    outcomes = cry_outcomes(scenes, threshold)
    latencies = [one.latency_s for one in outcomes if one.latency_s is not None] or [float("nan")]
    return {
        "hours": round(sum(scene.duration_s for scene in scenes) / 3600, 2),
        "distractors": sum(len(scene.distractors) for scene in scenes),
        "recall": recall_figure(outcomes),
        "recall_snr_10_up": recall_figure([one for one in outcomes if one.cry.snr_db >= 10]),
        "recall_snr_0_10": recall_figure([one for one in outcomes if 0 <= one.cry.snr_db < 10]),
        "recall_snr_0_up": recall_figure([one for one in outcomes if one.cry.snr_db >= 0]),
        "recall_over_lullaby": recall_figure([one for one in outcomes if one.cry.over_lullaby]),
        "recall_by_baby": _by_baby(outcomes),
        "recall_by_bed": _by(outcomes, scenes, lambda scene: scene.bed),
        "recall_by_microphone": _by(outcomes, scenes, lambda scene: scene.microphone),
        "false_alarms_per_hour": _with_interval(
            false_alarms_per_hour(scenes, threshold),
            bootstrap(scenes, lambda drawn: false_alarms_per_hour(drawn, threshold)),
        ),
        "false_alarms_by": _fired_by(scenes, threshold),
        "latency_median_s": latency_figure(outcomes, 50),
        "latency_p95_s": latency_figure(outcomes, 95),
        "latencies_s": sorted(round(float(one), 2) for one in latencies),
    }


def error_tradeoff(scenes: Sequence[VotedScene], points: int = 60) -> list[dict[str, float]]:
    """DET curve: false alarms an hour and recall of cries at 0 dB and up, from the lowest threshold on."""
    voted = np.concatenate([scene.voted for scene in scenes])
    tops = np.unique(np.quantile(voted, 1 - np.geomspace(0.15, 1.0 / len(voted), points)))
    curve = []
    for threshold in map(float, tops):
        outcomes = [one for one in cry_outcomes(scenes, threshold) if one.cry.snr_db >= 0]
        alarms = false_alarms_per_hour(scenes, threshold)
        curve.append({"threshold": threshold, "false_alarms_per_hour": alarms, "recall": recall_of(outcomes)})
    return curve


def report_on(detector: Detector, side: str = "val", hours: float | None = None, every: int = 1) -> dict[str, Any]:
    """All figures of a detector on a val side at its threshold, and its recall at FALSE_ALARMS_PER_HOUR.

    `hours`: of the scenes that are judged; None: all. `every`: only every n-th clip is judged.
    """
    scenes = vote_scenes(detector, side, hours)
    curve = curve_of(scenes)
    at_equal_rates = cry_outcomes(scenes, curve.threshold(BABIES_PER_HOUR))
    return {
        "threshold": detector.threshold,
        "clips": clip_figures(score_clips(detector, side, every), detector.threshold),
        "scenes": scene_figures(scenes, detector.threshold),
        "recall_at": {
            str(rate): _with_interval(curve.recall(rate), curve.recall_interval(rate)) for rate in FALSE_ALARMS_PER_HOUR
        },
        "families": fired_by_family(scenes, curve.threshold(FAMILIES_PER_HOUR)),
        "babies": _by_baby(at_equal_rates),
        "recall_by_snr": recall_by_snr(at_equal_rates),
        "cross_validated_at_0.5": cross_validated(scenes, 0.5),
        "psds": round(psds(scenes), 4),
        "error_tradeoff": error_tradeoff(scenes),
    }
