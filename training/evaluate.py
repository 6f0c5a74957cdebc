"""How good it is, on val clips and val scenes, beside YAMNet.

    python -m training.evaluate                             the shipped model at its recommended threshold
    python -m training.evaluate --model x.tflite --threshold 0.4
    python -m training.evaluate --out training/work/evaluation.json

Every window of a scene is scored (the daemon's activity gate only takes windows away). Intervals are
95 % bootstraps over babies and recordings (clips), babies (recall) and scenes (false alarms).
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from training.data import CRY_LABELS, load_audio
from training.detectors import Detector, Student, Yamnet, reference_scores, val_clips
from training.metrics import SceneFigures, Scores, auc, average_precision, bootstrap, judge
from training.model import Interpreter
from training.paths import MODELS
from training.scenes import CryEvent, DistractorEvent, Scene, load, scene_paths


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
        scene: Scene = load(path)
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


def clip_figures(scores: Sequence[ClipScore], threshold: float) -> dict[str, Any]:
    """AUC, AP, recall and share of negatives that fire."""
    figures = {
        "auc": lambda some: auc(_of(some, cry=True), _of(some, cry=False)),
        "ap": lambda some: average_precision(_of(some, cry=True), _of(some, cry=False)),
        "recall": lambda some: float(np.mean(_of(some, cry=True) >= threshold)),
        "false_rate": lambda some: float(np.mean(_of(some, cry=False) >= threshold)),
    }
    groups = _grouped(scores)
    report: dict[str, Any] = {
        name: _with_interval(figure(scores), bootstrap(groups, lambda drawn, f=figure: f(sum(drawn, [])), rounds=200))  # type: ignore[misc]  # the lambda's default binds the loop's figure
        for name, figure in figures.items()
    }
    fired = Counter(score.kind for score in scores if not score.cry and score.score >= threshold)
    return report | {
        "cries": int(sum(s.cry for s in scores)),
        "negatives": int(sum(not s.cry for s in scores)),
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
    interval = bootstrap(list(groups.values()), lambda drawn: _recall(sum(drawn, [])))
    return _with_interval(_recall(heard), interval) | {"events": len(heard)}


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
    candidates = tops[
        np.unique(np.linspace(0, len(tops) - 1, 400, dtype=int) if len(tops) > 400 else np.arange(len(tops)))
    ]
    candidates = np.unique(np.concatenate([candidates, tops[-400:]]))
    best = float(candidates[-1])
    for threshold in candidates[::-1]:
        if false_alarms_per_hour(scenes, float(threshold)) > per_hour:
            break
        best = float(threshold)
    return best, _recall(heard_cries(scenes, best))


def report_on(detector: Detector) -> dict[str, Any]:
    """All figures of one detector at its threshold."""
    scenes = vote_scenes(detector)
    report = {
        "threshold": detector.threshold,
        "clips": clip_figures(score_clips(detector), detector.threshold),
        "scenes": scene_figures(scenes, detector.threshold),
        "recall_at": {},
    }
    for per_hour in (0.0, 0.5, 1.0, 2.0):
        threshold, recall = recall_at_false_alarms(scenes, per_hour)
        report["recall_at"][str(per_hour)] = {"threshold": round(threshold, 4), "recall": round(recall, 4)}
    return report


def _cell(figure: dict[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


def table(reports: dict[str, dict[str, Any]]) -> str:
    """Markdown, one column a detector."""
    rows = [
        ("clips: " + name, lambda r, n=name: _cell(r["clips"][n])) for name in ("auc", "ap", "recall", "false_rate")
    ]
    scene_rows = ("recall", "recall_snr_10_up", "recall_snr_0_10", "recall_over_lullaby", "false_alarms_per_hour")
    rows += [("scenes: " + name, lambda r, n=name: _cell(r["scenes"][n])) for name in scene_rows]
    rows += [
        ("scenes: " + name, lambda r, n=name: f"{r['scenes'][n]:.2f}") for name in ("latency_median_s", "latency_p95_s")
    ]
    rows += [
        (f"scenes: recall at <= {k} false alarms/h", lambda r, k=k: f"{r['recall_at'][k]['recall']:.3f}")
        for k in ("0.0", "0.5", "1.0", "2.0")
    ]
    lines = [f"| figure | {' | '.join(reports)} |", "|---" * (len(reports) + 1) + "|"]
    return "\n".join(
        lines + [f"| {name} | {' | '.join(cell(report) for report in reports.values())} |" for name, cell in rows]
    )


def main() -> None:
    """Evaluate and print; with --out also as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODELS / "cry.tflite", help="the .tflite file to judge")
    parser.add_argument("--threshold", type=float, default=0.5, help="of our model; 0.5 is what it is calibrated to")
    parser.add_argument("--alone", action="store_true", help="without YAMNet beside it: seconds instead of minutes")
    parser.add_argument("--out", type=Path, help="write every figure into this JSON file")
    options = parser.parse_args()
    detectors: list[Detector] = [Student(Interpreter(options.model.read_bytes()), options.threshold)]
    if not options.alone:
        detectors += [Yamnet(tuned, reference_scores()) for tuned in (False, True)]
    reports = {detector.name: report_on(detector) for detector in detectors}
    print(table(reports))
    for name, report in reports.items():
        print(
            f"{name}: clips that fired wrongly {report['clips']['fired']}, false alarms by {report['scenes']['false_alarms_by']}"
        )
    if options.out:
        options.out.write_text(json.dumps(reports, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
