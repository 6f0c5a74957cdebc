"""Families of sounds: what a home holds, from mn04's 527 classes (families.csv); targets beside the cry for a student.

python -m training.data.families       for each kind of clip, the families that mn04 hears in it (20 s)
"""

import argparse
import csv
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.data.manifest import load_manifest
from training.data.mn04 import CLASSES, heard_path, load_heard
from training.data.paths import REPOSITORY

TABLE: Final = REPOSITORY / "training" / "data" / "families.csv"


def load_families(path: Path = TABLE) -> dict[str, tuple[int, ...]]:
    """Classes by family, in the order of the table. Raises ValueError if a class is missing or stands there twice."""
    found: dict[str, list[int]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["family"]].append(int(row["class"]))
    if sorted(number for numbers in found.values() for number in numbers) != list(range(CLASSES)):
        raise ValueError(f"{path.name}: expected every class from 0 to {CLASSES - 1} once")
    return {family: tuple(numbers) for family, numbers in found.items()}


@cache
def families() -> dict[str, tuple[int, ...]]:
    """Classes by family, read once."""
    return load_families()


def family_scores(scores: NDArray[np.floating]) -> NDArray[np.float32]:
    """(k, 527) scores of classes -> (k, families) the highest score of each family, 0..1."""
    return np.stack([scores[:, numbers].max(axis=1) for numbers in families().values()], axis=1).astype(np.float32)


def heard_table() -> str:
    """Markdown table: the three families that mn04 hears best in each kind of clip, by the mean of its highest scores.

    Cries stand under "cry". Clips that mn04 has not heard are left out.
    """
    highest: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
    for clip in load_manifest():
        if heard_path(clip.path).exists():
            kind = "cry" if clip.may_hold_cry else clip.kind
            highest[kind].append(family_scores(load_heard(clip.path).scores).max(axis=0))
    names, lines = list(families()), ["| kind | clips | families |", "|---|---|---|"]
    for kind, scores in sorted(highest.items()):
        mean = np.mean(scores, axis=0)
        best = [f"{names[index]} {mean[index]:.2f}" for index in np.argsort(mean)[::-1][:3]]
        lines.append(f"| {kind} | {len(scores)} | {', '.join(best)} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    print(heard_table())


if __name__ == "__main__":
    main()
