"""A small corpus out of the recordings: a few clips of each kind on each side of the split, as links."""

import csv
from collections import Counter
from pathlib import Path
from typing import Final

from training.data.manifest import MANIFEST
from training.data.paths import SHARED

OF_EACH: Final = 2  # clips of each label, kind and side
CRIES: Final = 12  # of each side


def write_small_corpus(folder: Path) -> Path:
    """Write a folder as `shared` with few clips, and return its manifest."""
    audio = folder / "audio"
    audio.mkdir(parents=True)
    for name in ("models", "rir"):
        (folder / name).symlink_to(SHARED / name)
    with MANIFEST.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    taken, chosen = Counter[tuple[str, ...]](), list[dict[str, str]]()
    for row in rows:
        kind = (row["split"], row["label"], row["dataset"], row["note"].split(" ")[0])
        taken[kind] += 1
        if taken[kind] <= (CRIES if row["label"].startswith("cry") else OF_EACH):
            chosen.append(row)
            link = audio / row["path"]
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(MANIFEST.parent / row["path"])
    manifest = audio / "manifest.csv"
    with manifest.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(chosen)
    return manifest
