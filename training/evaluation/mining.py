"""A round of hard-negative mining: which sounds of the train side does the shipped model take for a cry?

    python -m training.evaluation.mining --round 1            writes the round into training/data/hard_negatives.csv, two minutes
    python -m training.synthesis.render --shards 160       the shards of the round draw their distractors by it (render.HARD_NEGATIVES)
    python -m training.model.train --steps 10500       goes on where training had ended

The file, all rounds of it, is part of the repository, so that the shards are the same on every run.
"""

import argparse
import csv
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from babycryd.detect.classifier import Classifier
from babycryd.detect.tflite import shipped_classifier
from training.data.hard_negatives import HardNegative, load_hard_negatives
from training.data.manifest import Clip, load_manifest
from training.data.paths import HARD_NEGATIVES
from training.data.recordings import load_audio
from training.evaluation.metrics import vote_scores
from training.model.streaming import scores_and_embeddings
from training.synthesis.degraded_clip import degraded

SEED: Final = 53
TRIES: Final = 4  # rooms and beds that a sound is heard in
KEPT: Final = 250  # of the sounds that score highest
LEAST_SCORE: Final = 0.02


def score_of(classifier: Classifier, clip: Clip, seed: int) -> float:
    """Mean over a few rooms of the highest voted score, 0..1."""
    rng, sound = np.random.default_rng([SEED, seed]), load_audio(clip.path)
    heard = (scores_and_embeddings(classifier, degraded(rng, sound, "train"))[0] for _ in range(TRIES))
    return float(np.mean([vote_scores(scores).max() for scores in heard]))


def write_round(number: int, scores: dict[str, float], path: Path = HARD_NEGATIVES) -> None:
    """The round's sounds that score highest, highest first, in place of what the file had of this round."""
    hardest = sorted(((score, name) for name, score in scores.items() if score >= LEAST_SCORE), reverse=True)[:KEPT]
    rows = [row for row in load_hard_negatives(path) if row.round != number] + [
        HardNegative(number, name, score) for score, name in hardest
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["round", "path", "score"])
        lines.writerows([row.round, row.path, f"{row.score:.3f}"] for row in sorted(rows, key=lambda row: row.round))


def candidates() -> list[Clip]:
    """Every train clip that a human labelled as no cry."""
    return [clip for clip in load_manifest() if clip.split == "train" and clip.label == "neg"]


def main() -> None:
    """Hear every negative of the train side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--round", type=int, required=True, help="its number: one more than those that are there")
    options = parser.parse_args()
    classifier = shipped_classifier()
    negatives = candidates()
    scores = {clip.path: score_of(classifier, clip, seed) for seed, clip in enumerate(tqdm(negatives, unit="sound"))}
    write_round(options.round, scores)
    taken = [clip.kind for clip in negatives if scores[clip.path] >= 0.5]
    print(f"{HARD_NEGATIVES}: taken for a cry: { ({kind: taken.count(kind) for kind in sorted(set(taken))}) }")


if __name__ == "__main__":
    main()
