"""The sounds that students of earlier rounds took for cries (`training.evaluation.mining`), as they stand in mined.csv."""

import csv
from dataclasses import dataclass
from pathlib import Path

from training.data.paths import MINED


@dataclass(frozen=True, slots=True)
class Row:
    """A sound that the student of a round took for a cry."""

    round: int
    path: str
    score: float


def read(path: Path = MINED) -> list[Row]:
    """All rounds."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [Row(int(row["round"]), row["path"], float(row["score"])) for row in csv.DictReader(file)]
