"""Hard-negative mining: finds the train sounds that the shipped model takes for a cry.

    python -m training.evaluation.mining --round 1     writes the round into data/hard_negatives.csv (2 minutes)
    python -m training.synthesis.render --shards 160   renders shards of the round (`render.MINING_ROUND_FROM`)
    python -m training.model.train --steps 10500       continues the training with them

The file holds all rounds and is part of the repository, so that shards are the same on every run.
"""

import argparse
import csv
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from babycryd.detect.scoring import Classifier
from babycryd.detect.tflite import shipped_classifier
from training.data.hard_negatives import HardNegative, load_hard_negatives
from training.data.manifest import Clip, load_manifest
from training.data.paths import HARD_NEGATIVES
from training.data.recordings import load_audio
from training.evaluation.metrics import vote_scores
from training.model.streaming import scores_and_embeddings
from training.synthesis.degraded_clip import degraded

SEED: Final = 53
TRIES: Final = 4  # random rooms and beds in which a sound is scored
KEPT: Final = 250  # sounds of a round, those with the highest scores
LEAST_SCORE: Final = 0.02  # sounds below it are left out


def score_of(classifier: Classifier, clip: Clip, seed: int) -> float:
    """Highest voted score of a clip, 0..1, averaged over TRIES rooms and beds."""
    rng, sound = np.random.default_rng([SEED, seed]), load_audio(clip.path)
    heard = (scores_and_embeddings(classifier, degraded(rng, sound, "train"))[0] for _ in range(TRIES))
    return float(np.mean([vote_scores(scores).max() for scores in heard]))


def write_round(number: int, scores: dict[str, float], path: Path = HARD_NEGATIVES) -> None:
    """Write the KEPT sounds with the highest scores as round `number`, in place of an earlier such round."""
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
    """Score every negative of the train side and write the round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--round", type=int, required=True, help="number of the round: one more than the last one in the file"
    )
    options = parser.parse_args()
    classifier = shipped_classifier()
    negatives = candidates()
    scores = {clip.path: score_of(classifier, clip, seed) for seed, clip in enumerate(tqdm(negatives, unit="sound"))}
    write_round(options.round, scores)
    taken = [clip.kind for clip in negatives if scores[clip.path] >= 0.5]
    print(f"{HARD_NEGATIVES}: taken for a cry: { ({kind: taken.count(kind) for kind in sorted(set(taken))}) }")


if __name__ == "__main__":
    main()
