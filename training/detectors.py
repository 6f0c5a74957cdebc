"""Who is compared: our .tflite, and YAMNet in the two ways it is used. All of them score the daemon's grid."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from tqdm import tqdm

from babycryd.detect.features import HOP, HOP_FRAMES, WINDOW_FRAMES, WINDOW_SAMPLES, log_mel, model_input
from training.data import CRY_LABELS, Clip, Samples, load_audio, load_manifest
from training.metrics import Scores, vote_scores
from training.model import Interpreter
from training.paths import WORK
from training.scenes import load, scene_paths
from training.teacher import scores_along

REFERENCE = WORK / "yamnet_val.npz"


def filled(samples: Samples) -> Samples:
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


def student_scores(interpreter: Interpreter, samples: Samples) -> Scores:
    """The score of every grid window, features and model exactly as in the daemon."""
    mel = log_mel(filled(samples))
    starts = range(0, len(mel) - WINDOW_FRAMES + 1, HOP_FRAMES)
    return np.array([interpreter.score(model_input(mel[start : start + WINDOW_FRAMES])) for start in starts])


@dataclass(slots=True)
class Student:
    """Our model, 3 of 5 windows."""

    interpreter: Interpreter
    threshold: float
    name: str = "babycryd (3 of 5)"

    def voted(self, key: str, samples: Samples) -> Scores:  # noqa: ARG002  # the reference looks its scores up by key
        """See `Detector`."""
        return few_windows(student_scores(self.interpreter, samples))


def few_windows(scores: Scores) -> Scores:
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
            return few_windows(scores)
        return np.where(np.arange(len(scores)) % 4 == 0, scores, 0.0)  # chunks end to end: every fourth of our windows


def val_clips() -> list[Clip]:
    """The clips that figures are reported on: val, labelled by a human."""
    return [clip for clip in load_manifest() if clip.split == "val" and clip.label in {*CRY_LABELS, "neg"}]


def _scene_samples(path: Path) -> Samples:
    return load(path).samples


def reference_scores(path: Path = REFERENCE) -> dict[str, Scores]:
    """YAMNet's scores of all val clips and scenes; what is missing is computed, which takes minutes."""
    known = dict(np.load(path)) if path.exists() else {}
    sounds: dict[str, Callable[[], Samples]] = {clip.path: partial(load_audio, clip.path) for clip in val_clips()}
    sounds |= {scene.name: partial(_scene_samples, scene) for scene in scene_paths("val")}
    missing = [key for key in sounds if key not in known]
    for key in tqdm(missing, desc="YAMNet", unit="recording"):
        known[key] = scores_along(filled(sounds[key]()), HOP)
    if missing:
        np.savez(path, **known)
    return known


def main() -> None:
    """Compute and keep YAMNet's scores of the val clips and scenes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    reference_scores()


if __name__ == "__main__":
    main()
