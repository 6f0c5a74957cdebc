"""Scores of a detector on val clips and val scenes, with recall and false alarms at a threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from training.data.manifest import CRY_LABELS
from training.data.recordings import load_audio
from training.evaluation.detectors import Detector, val_clips
from training.evaluation.metrics import SceneOutcome, Scores, judge_scene
from training.synthesis.pool import is_certain_cry
from training.synthesis.scenes import CryEvent, DistractorEvent, Scene, load_scene, scene_paths


@dataclass(frozen=True, slots=True)
class ClipScore:
    """Score of a val clip: the highest threshold at which it raises an alarm."""

    group: str
    kind: str
    cry: bool
    score: float
    visible: bool = True  # False: a cry of which the reviewer could make out nothing


@dataclass(frozen=True, slots=True)
class VotedScene:
    """Ground truth of a val scene with the voted scores of a detector."""

    voted: Scores
    cries: tuple[CryEvent, ...]
    distractors: tuple[DistractorEvent, ...]
    duration_s: float
    bed: str = "bed"
    microphone: str = "plain"

    @classmethod
    def from_scene(cls, scene: Scene, voted: Scores) -> "VotedScene":
        """Ground truth of a scene, without its sound, and the voted scores."""
        seconds = len(scene.samples) / 16000
        return cls(voted, scene.cries, scene.distractors, seconds, scene.bed, scene.microphone)

    def figures_at(self, threshold: float) -> SceneOutcome:
        """Latencies and false alarms at a threshold."""
        return judge_scene(self.voted, [(cry.onset_s, cry.offset_s) for cry in self.cries], self.duration_s, threshold)


def score_clips(detector: Detector, side: str = "val", every: int = 1) -> list[ClipScore]:
    """Scores of every n-th clip of a val side."""
    scored = []
    for clip in tqdm(val_clips(side, every), desc=f"clips: {detector.name}", unit="clip", leave=False):
        highest = float(detector.voted(clip.path, load_audio(clip.path)).max())
        cry = clip.label in CRY_LABELS
        scored.append(ClipScore(clip.group, clip.kind, cry, highest, visible=not cry or is_certain_cry(clip)))
    return scored


def vote_scenes(detector: Detector, side: str = "val", hours: float | None = None) -> list[VotedScene]:
    """Voted scores of the scenes of a val side: all of them, or so many hours."""
    found = []
    for path in tqdm(scene_paths(side, hours), desc=f"scenes: {detector.name}", unit="scene", leave=False):
        scene = load_scene(path)
        found.append(VotedScene.from_scene(scene, detector.voted(path.name, scene.samples)))
    return found


@dataclass(frozen=True, slots=True)
class CryOutcome:
    """Result for one cry of a scene at one threshold."""

    cry: CryEvent
    latency_s: float | None  # from its onset; None: missed


def cry_outcomes(scenes: Sequence[VotedScene], threshold: float) -> list[CryOutcome]:
    """Results for all cries of all scenes."""
    pairs = [zip(scene.cries, scene.figures_at(threshold).latencies_s, strict=True) for scene in scenes]
    return [CryOutcome(cry, latency_s) for pair in pairs for cry, latency_s in pair]


def false_alarms_per_hour(scenes: Sequence[VotedScene], threshold: float) -> float:
    """Alarms outside of cries, an hour."""
    figures = [scene.figures_at(threshold) for scene in scenes]
    return sum(len(one.false_alarms_s) for one in figures) / sum(one.duration_s for one in figures) * 3600


def recall_of(outcomes: Sequence[CryOutcome]) -> float:
    """Share of the cries that were found, 0..1; NaN without cries."""
    return float(np.mean([one.latency_s is not None for one in outcomes])) if outcomes else float("nan")


def recall_at_false_alarms(scenes: Sequence[VotedScene], per_hour: float) -> tuple[float, float]:
    """Lowest threshold from which on there are at most `per_hour` false alarms an hour, and the recall at it."""
    tops = np.unique(np.concatenate([scene.voted for scene in scenes]))
    best, finest = float(tops[-1]), tops[-400:]
    for threshold in np.unique(np.concatenate([np.quantile(tops, np.linspace(0, 1, 400)), finest]))[::-1]:
        if false_alarms_per_hour(scenes, float(threshold)) > per_hour:
            break
        best = float(threshold)
    return best, recall_of(cry_outcomes(scenes, best))


def cross_validated(scenes: Sequence[VotedScene], per_hour: float) -> dict[str, float]:
    """Recall and false alarms on each half of the scenes, at the threshold chosen on the other half.

    This removes the bias of a threshold chosen on the scenes it is judged by. Both halves share babies and cats.
    """
    halves = [scenes[0::2], scenes[1::2]]
    chosen = [recall_at_false_alarms(half, per_hour)[0] for half in halves]
    judged = list(zip(reversed(halves), chosen, strict=True))
    return {
        "recall": round(recall_of([one for half, at in judged for one in cry_outcomes(half, at)]), 4),
        "false_alarms_per_hour": round(float(np.mean([false_alarms_per_hour(half, at) for half, at in judged])), 2),
    }
