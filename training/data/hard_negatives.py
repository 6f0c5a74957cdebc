"""Hard negatives: sounds that the models of earlier mining rounds took for cries (hard_negatives.csv)."""

import csv
from dataclasses import dataclass
from pathlib import Path

from training.data.paths import HARD_NEGATIVES


@dataclass(frozen=True, slots=True)
class HardNegative:
    """One sound that the model of a round took for a cry."""

    round: int  # of mining, from 1 on
    path: str  # of the clip, below shared/audio
    score: float  # mean highest voted score, 0..1


def load_hard_negatives(path: Path = HARD_NEGATIVES) -> list[HardNegative]:
    """Hard negatives of all rounds; empty without the file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [HardNegative(int(row["round"]), row["path"], float(row["score"])) for row in csv.DictReader(file)]
