"""The sounds that students of earlier rounds took for cries (`training.evaluation.mining`), as they stand in mined.csv."""

import csv
from dataclasses import dataclass
from pathlib import Path

from training.data.paths import HARD_NEGATIVES


@dataclass(frozen=True, slots=True)
class HardNegative:
    """A sound that the student of a round took for a cry."""

    round: int
    path: str
    score: float


def load_hard_negatives(path: Path = HARD_NEGATIVES) -> list[HardNegative]:
    """All rounds."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [HardNegative(int(row["round"]), row["path"], float(row["score"])) for row in csv.DictReader(file)]
