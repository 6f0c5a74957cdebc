"""Heard scenes: scores and embeddings of the shipped model for every hop of val scenes, without the daemon's gate.

They are kept in training/work/heard_scenes by model, side and size of the scene, so that other rules cost seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.detect.tflite import TfliteClassifier
from training.data.paths import WORK
from training.evaluation.scoring import VotedScene
from training.model.streaming import scores_and_embeddings
from training.synthesis.scenes import load_scene, scene_paths

HEARD: Final = WORK / "heard_scenes"


@dataclass(frozen=True, slots=True)
class HeardScene:
    """What the model says about a scene, one row a hop."""

    truth: VotedScene  # without scores
    scores: NDArray[np.float64]  # (n,)
    embeddings: NDArray[np.float32]  # (n, EMBEDDING)


def heard_scenes(classifier: TfliteClassifier, sides: Sequence[str]) -> Iterator[HeardScene]:
    """Yield all scenes of these sides; those that are not known are heard first (a minute for two hours)."""
    for side in sides:
        folder = HEARD / classifier.sha256[:12] / side
        folder.mkdir(parents=True, exist_ok=True)
        for path in tqdm(scene_paths(side), desc=side, unit="scene", mininterval=10):
            known = folder / f"{path.stem}.{path.stat().st_size}.npz"
            scene = load_scene(path)
            if not known.exists():
                scores, embeddings = scores_and_embeddings(classifier, scene.samples)
                np.savez(known, scores=scores, embeddings=embeddings)
            with np.load(known, allow_pickle=False) as stored:
                yield HeardScene(VotedScene.from_scene(scene, np.zeros(0)), stored["scores"], stored["embeddings"])
