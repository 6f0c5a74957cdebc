"""Who is compared: our .tflite, YAMNet in the two ways it is used, and the seed. All of them score the daemon's grid.

python -m training.evaluation.detectors       the others' scores of all val clips and scenes, kept in training/work (15 minutes)
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from tqdm import tqdm

from babycryd.detect.classifier import Classifier
from babycryd.detect.features import HOP, WINDOW_SAMPLES
from training.data.manifest import CRY_LABELS, Clip, load_manifest
from training.data.paths import WORK
from training.data.recordings import Samples, load_audio
from training.data.teacher import scores_along
from training.evaluation import baseline
from training.evaluation.metrics import Scores, vote_scores
from training.model.streaming import scores_and_embeddings
from training.synthesis.scenes import load_scene, scene_paths


def fill_window(samples: Samples) -> Samples:
    """A clip shorter than one window is repeated to fill it, as the daemon does."""
    return np.resize(samples, WINDOW_SAMPLES) if len(samples) < WINDOW_SAMPLES else samples


class Detector(Protocol):
    """Something that turns a recording into voted scores, one a grid window, comparable with its threshold."""

    @property
    def name(self) -> str:
        """As in the tables."""

    @property
    def threshold(self) -> float:
        """Where it raises the alarm."""

    def voted(self, key: str, samples: Samples) -> Scores:
        """The highest threshold at which each window and those before it would raise the alarm."""


def student_scores(classifier: Classifier, samples: Samples) -> Scores:
    """The score of every hop from the first whole window on, features and model exactly as in the daemon."""
    return scores_and_embeddings(classifier, samples)[0]


@dataclass(slots=True)
class Student:
    """Our model, 3 of 5 windows."""

    classifier: Classifier
    threshold: float
    name: str = "babycryd (3 of 5)"

    def voted(self, key: str, samples: Samples) -> Scores:  # noqa: ARG002  # the reference looks its scores up by key
        """See `Detector`."""
        return voted_or_lowest(student_scores(self.classifier, samples))


def voted_or_lowest(scores: Scores) -> Scores:
    """Voted 3 of 5; a clip too short for three windows needs all it has."""
    return vote_scores(scores) if len(scores) >= 3 else np.full(len(scores), scores.min())


@dataclass(slots=True)
class Yamnet:
    """YAMNet: "tuned" votes 3 of 5 overlapping windows at 0.02, as generously as it can; else one chunk at 0.5."""

    tuned: bool
    scores: dict[str, Scores]

    @property
    def name(self) -> str:
        """As in the tables."""
        return "YAMNet (0.02, 3 of 5)" if self.tuned else "YAMNet (one chunk >= 0.5)"

    @property
    def threshold(self) -> float:
        """On YAMNet's own scores."""
        return 0.02 if self.tuned else 0.5

    def voted(self, key: str, samples: Samples) -> Scores:  # noqa: ARG002  # its scores are slow and kept
        """See `Detector`."""
        scores = self.scores[key]
        if self.tuned:
            return voted_or_lowest(scores)
        return np.where(np.arange(len(scores)) % 4 == 0, scores, 0.0)  # chunks end to end: every fourth of our windows


@dataclass(slots=True)
class Baseline:
    """The seed's recipe, 3 of 5 windows of five seconds."""

    scores: dict[str, Scores]
    threshold: float = 0.5
    name: str = "the seed (18 features, SVM)"

    def voted(self, key: str, samples: Samples) -> Scores:  # noqa: ARG002  # its scores are slow and kept
        """See `Detector`."""
        return self.scores[key]


def val_clips() -> list[Clip]:
    """The clips that figures are reported on: val, labelled by a human."""
    return [clip for clip in load_manifest() if clip.split == "val" and clip.label in {*CRY_LABELS, "neg"}]


def _scene_samples(path: Path) -> Samples:
    return load_scene(path).samples


def _cached_scores(path: Path, score: Callable[[Samples], Scores], called: str) -> dict[str, Scores]:
    """Scores of all val clips and scenes; what is missing is computed, which takes minutes, and kept.

    Scenes are told apart by name and size: make them anew, and they are scored anew.
    """
    known = dict(np.load(path)) if path.exists() else {}
    sounds: dict[str, Callable[[], Samples]] = {clip.path: partial(load_audio, clip.path) for clip in val_clips()}
    marks = {scene.name: f"{scene.name} {scene.stat().st_size}" for scene in scene_paths("val")}
    sounds |= {marks[scene.name]: partial(_scene_samples, scene) for scene in scene_paths("val")}
    missing = [key for key in sounds if key not in known]
    for key in tqdm(missing, desc=called, unit="recording"):
        known[key] = score(sounds[key]())
    if missing:
        np.savez(path, **known)
    return known | {name: known[mark] for name, mark in marks.items()}


def yamnet_scores(path: Path = WORK / "yamnet_val.npz") -> dict[str, Scores]:
    """YAMNet's."""
    return _cached_scores(path, lambda samples: scores_along(fill_window(samples), HOP), "YAMNet")


def baseline_scores(path: Path = WORK / "baseline_val.npz") -> dict[str, Scores]:
    """The seed's."""
    return _cached_scores(path, baseline.voted_scores, "the seed")


def peers() -> list[Detector]:
    """Everybody ours is compared with."""
    yamnet = yamnet_scores()
    return [Yamnet(tuned=False, scores=yamnet), Yamnet(tuned=True, scores=yamnet), Baseline(baseline_scores())]


def main() -> None:
    """Compute and keep the peers' scores of the val clips and scenes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    peers()


if __name__ == "__main__":
    main()
