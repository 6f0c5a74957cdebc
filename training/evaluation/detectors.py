"""Detectors that are compared: our model, YAMNet used in two ways, and the baseline. All score the daemon's hops.

python -m training.evaluation.detectors       keeps the others' scores in training/work (15 minutes a side)
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from tqdm import tqdm

from babycryd.audio.block import Hop
from babycryd.audio.format import HOP
from babycryd.detect.features import LEAST_HOPS, WINDOW_SAMPLES
from babycryd.detect.scoring import Classifier
from babycryd.detect.second_opinion import SecondOpinion
from training.data.folds import SIDES, UNHEARD_SIDE, clips_of
from training.data.manifest import CRY_LABELS, Clip
from training.data.paths import WORK
from training.data.recordings import Samples, load_audio
from training.data.teacher import scores_along
from training.evaluation import baseline
from training.evaluation.metrics import Scores, vote_scores
from training.model.streaming import scores_and_embeddings
from training.synthesis.scenes import load_scene, scene_paths

KEEP_EVERY: Final = 50  # recordings


def fill_window(samples: Samples) -> Samples:
    """The clip, repeated to fill one window if it is shorter, as the daemon does."""
    return np.resize(samples, WINDOW_SAMPLES) if len(samples) < WINDOW_SAMPLES else samples


class Detector(Protocol):
    """Detector: turns a recording into voted scores, one a grid window, to compare with its threshold."""

    @property
    def name(self) -> str:
        """Name in the tables."""

    @property
    def threshold(self) -> float:
        """Voted score from which on it raises an alarm."""

    def voted(self, key: str, samples: Samples) -> Scores:
        """For each window, the highest threshold at which it and the windows before it raise an alarm."""


def student_scores(classifier: Classifier, samples: Samples) -> Scores:
    """Scores of all hops from the first full window on, with features and model as in the daemon."""
    return scores_and_embeddings(classifier, samples)[0]


@dataclass(slots=True)
class Student:
    """Our model with a vote of 3 of 5 windows, as where the second opinion is off."""

    classifier: Classifier
    threshold: float
    name: str = "the first stage alone (3 of 5)"

    def voted(self, key: str, samples: Samples) -> Scores:  # noqa: ARG002  # others look their scores up by key
        """See `Detector`."""
        return voted_or_lowest(student_scores(self.classifier, samples))


@dataclass(slots=True)
class Both:
    """Our model with the second opinion, as the daemon runs them; a clip without a full window has the model alone."""

    classifier: Classifier
    second: SecondOpinion
    threshold: float
    name: str = "babycryd"

    def voted(self, key: str, samples: Samples) -> Scores:  # noqa: ARG002  # others look their scores up by key
        """See `Detector`."""
        scores, hops = student_scores(self.classifier, samples), samples[: len(samples) // HOP * HOP].reshape(-1, HOP)
        if len(scores) != len(hops) - LEAST_HOPS + 1:
            return voted_or_lowest(scores)
        self.second.forget()
        decided = []
        for number, hop in enumerate(hops, start=1 - LEAST_HOPS):
            self.second.remember(Hop(hop, float(number), 0.0, after_gap=False))
            if number >= 0:
                decided.append(self.second.judge(float(scores[number]), float(number)))
        return np.array(
            [first if one is None else one for one, first in zip(decided, vote_scores(scores), strict=True)]
        )


def voted_or_lowest(scores: Scores) -> Scores:
    """Voted scores, 3 of 5; a clip too short for three windows gets its lowest score."""
    return vote_scores(scores) if len(scores) >= 3 else np.full(len(scores), scores.min())


@dataclass(slots=True)
class Yamnet:
    """YAMNet: "tuned" votes 3 of 5 overlapping windows at 0.02; otherwise one window of 0.96 s at 0.5 is enough."""

    tuned: bool
    scores: dict[str, Scores]

    @property
    def name(self) -> str:
        """Name in the tables."""
        return "YAMNet (0.02, 3 of 5)" if self.tuned else "YAMNet (one chunk >= 0.5)"

    @property
    def threshold(self) -> float:
        """Threshold on YAMNet's own scores."""
        return 0.02 if self.tuned else 0.5

    def voted(self, key: str, samples: Samples) -> Scores:  # noqa: ARG002  # its scores were computed before
        """See `Detector`."""
        scores = self.scores[key]
        if self.tuned:
            return voted_or_lowest(scores)
        return np.where(np.arange(len(scores)) % 4 == 0, scores, 0.0)  # windows end to end: every fourth of ours


@dataclass(slots=True)
class Heard:
    """Detector whose voted scores were computed before."""

    name: str
    threshold: float
    scores: dict[str, Scores]

    def voted(self, key: str, samples: Samples) -> Scores:  # noqa: ARG002  # its scores were computed before
        """See `Detector`."""
        return self.scores[key]


def val_clips(side: str = "val", every: int = 1) -> list[Clip]:
    """Every n-th of the clips of a val side that a human labelled as cry or not: figures are reported on them."""
    return [clip for clip in clips_of(side) if clip.label in {*CRY_LABELS, "neg"}][::every]


def _scene_samples(path: Path) -> Samples:
    return load_scene(path).samples


def cached_scores(
    peer: str, side: str, score: Callable[[Samples], Scores], hours: float | None = None, every: int = 1
) -> dict[str, Scores]:
    """Scores of every n-th clip and of all scenes, or so many hours, of a val side, kept in training/work.

    Missing ones are computed, which takes minutes.

    The key of a clip is its path, that of a scene its file name. The file adds a scene's size, so that a scene that was
    made anew is scored anew. What an interrupted run has scored is kept every KEEP_EVERY recordings.
    """
    file = WORK / f"{peer}_{side}.npz"
    known = dict(np.load(file)) if file.exists() else {}
    clips = [clip.path for clip in val_clips(side, every)]
    sounds: dict[str, Callable[[], Samples]] = {path: partial(load_audio, path) for path in clips}
    scenes = scene_paths(side, hours)
    marks = {scene.name: f"{scene.name} {scene.stat().st_size}" for scene in scenes}
    sounds |= {marks[scene.name]: partial(_scene_samples, scene) for scene in scenes}
    missing = [key for key in sounds if key not in known]
    for number, key in enumerate(tqdm(missing, desc=f"{peer} on {side}", unit="recording", mininterval=10), start=1):
        known[key] = score(sounds[key]())
        if number % KEEP_EVERY == 0 or number == len(missing):
            unfinished = file.with_suffix(".partial.npz")
            np.savez(unfinished, **known)
            unfinished.replace(file)
    return known | {name: known[mark] for name, mark in marks.items()}


def yamnets(side: str, hours: float | None = None, every: int = 1) -> list[Detector]:
    """YAMNet in both ways, with its scores of a val side (`cached_scores`)."""
    yamnet = cached_scores("yamnet", side, lambda samples: scores_along(fill_window(samples), HOP), hours, every)
    return [Yamnet(tuned=False, scores=yamnet), Yamnet(tuned=True, scores=yamnet)]


def peers(side: str, hours: float | None = None, every: int = 1) -> list[Detector]:
    """The other detectors that ours is compared with, with their scores of a val side (`cached_scores`)."""
    svm = cached_scores("baseline", side, baseline.voted_scores, hours, every)
    return [*yamnets(side, hours, every), Heard("baseline (18 features, SVM)", 0.5, svm)]


def main() -> None:
    """Compute and keep the other detectors' scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=(UNHEARD_SIDE,), help="val sides to score")
    parser.add_argument("--hours", type=float, help="of the scenes of a side (default: all)")
    options = parser.parse_args()
    for side in options.sides:
        peers(side, options.hours)


if __name__ == "__main__":
    main()
