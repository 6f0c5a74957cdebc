"""Folds of whole datasets (datasets.csv): a val side whose babies and confusers come from no dataset of the train side.

    python -m training.data.folds       tables of what each fold holds out and of what remains for train (1 s)

A side of a split has one of these names:
- `train`, `val`: the manifest's own split, by group; many datasets have groups on both sides.
- `train-0`, `val-0`: all cries and other sounds of the datasets of fold 0 are val, those of all other datasets train.
  Beds and impulse responses keep the manifest's side: they are neither babies nor confusers.
- `shipped-train`, `shipped-val`: the manifest's split without the datasets that came after the shipped model was
  trained.
- `unseen-val`: all cries and other sounds of those later datasets, of which the shipped model has heard nothing.
"""

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from training.data.manifest import BED_LABEL, NEGATIVE_LABELS, RIR_LABEL, Clip, load_manifest
from training.data.paths import MODELS, REPOSITORY

DATASETS: Final = REPOSITORY / "training" / "data" / "datasets.csv"
FOLDS: Final = (0, 1, 2)
# Clips that hold a recording of another dataset, by waveform: they follow its fold and are not unseen.
TWINS: Final = {"animal_talk/cat-meow-2.ogg": "esc50_partial"}  # of audio__2-110010-A-5.ogg; correlation 0.92
SIDES: Final = (
    *("train", "val", "shipped-train", "shipped-val", "unseen-val"),
    *(f"{split}-{fold}" for fold in FOLDS for split in ("train", "val")),
)

# Val sides of the first stage that ships: of the first it knows the datasets, but no baby and no sound; of the second
# nothing.
SHIPPED_SIDES: Final = ("shipped-val", "unseen-val")
UNHEARD_SIDE: Final = "shipped-val"  # the one of them that the second opinion was not trained on


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset of the manifest."""

    name: str
    added: str  # ISO date on which it joined the recordings
    fold: int  # one of FOLDS: the fold whose val side it stands on


def load_datasets(path: Path = DATASETS) -> dict[str, Dataset]:
    """Datasets by name. Raises ValueError with file, line and remedy for a fold that does not exist."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows, start=2):
        if row["fold"] not in map(str, FOLDS):
            folds = ", ".join(map(str, FOLDS))
            raise ValueError(f"{path.name}:{number}: {row['dataset']}: the fold {row['fold']!r} is none of {folds}")
    return {row["dataset"]: Dataset(row["dataset"], row["added"], int(row["fold"])) for row in rows}


@cache
def _datasets() -> dict[str, Dataset]:
    return load_datasets()


def _dataset(clip: Clip) -> Dataset:
    try:
        return _datasets()[clip.dataset]
    except KeyError:
        remedy = f"add a line with the day it was added and the fold that holds it out to {DATASETS.name}"
        raise ValueError(f"{clip.path}: unknown dataset {clip.dataset!r}; {remedy}") from None


@cache
def _trained_on() -> str:
    trained_on: str = json.loads((MODELS / "cry.json").read_text(encoding="utf-8"))["trained_on"]
    return trained_on


def _came_later(clip: Clip) -> bool:
    """Whether the clip's dataset was added after the shipped model was trained."""
    return _dataset(clip).added > _trained_on()


def _is_unseen(clip: Clip) -> bool:
    return _came_later(clip) and clip.path not in TWINS


def _is_background(clip: Clip) -> bool:
    """Whether the clip is a bed or an impulse response."""
    return clip.label in {BED_LABEL, RIR_LABEL}


def split_of(side: str) -> str:
    """Whether a side is a "train" or a "val" side. Raises ValueError for an unknown name."""
    if side not in SIDES:
        raise ValueError(f"unknown side {side!r}; write one of {', '.join(SIDES)}")
    return "train" if "train" in side else "val"


def split_in_fold(clip: Clip, fold: int) -> str:
    """Side of a clip, "train" or "val", in a fold: a twin follows the other dataset."""
    if _is_background(clip):
        return clip.split
    dataset = _datasets()[TWINS[clip.path]] if clip.path in TWINS else _dataset(clip)
    return "val" if dataset.fold == fold else "train"


def clips_of(side: str) -> list[Clip]:
    """Every clip of a side, in the order of the manifest. Raises ValueError for an unknown name or dataset."""
    split, clips = split_of(side), load_manifest()
    if side.startswith("shipped-"):
        return [clip for clip in clips if clip.split == split and not _came_later(clip)]
    if side == "unseen-val":
        return [clip for clip in clips if (clip.split == split if _is_background(clip) else _is_unseen(clip))]
    if side in ("train", "val"):
        return [clip for clip in clips if clip.split == split]
    return [clip for clip in clips if split_in_fold(clip, int(side[-1])) == split]


def _amounts(clips: Sequence[Clip]) -> list[str]:
    """Cells of a table: babies, minutes of cry clips, kinds and minutes of other sounds."""
    cries = [clip for clip in clips if clip.may_hold_cry]
    others = [clip for clip in clips if clip.label in NEGATIVE_LABELS]
    minutes = [f"{sum(clip.duration_s for clip in some) / 60:.1f}" for some in (cries, others)]
    return [str(len({clip.group for clip in cries})), minutes[0], str(len({clip.kind for clip in others})), minutes[1]]


AMOUNTS: Final = "babies | cry min | kinds | other min"


def sides_table() -> str:
    """Markdown table of all sides: what each holds."""
    lines = [f"| side | {AMOUNTS} |", "|---" * 5 + "|"]
    return "\n".join([*lines, *(f"| {' | '.join([side, *_amounts(clips_of(side))])} |" for side in SIDES)])


def moves_table(fold: int) -> str:
    """Markdown table of a fold's datasets: what they hold, and how much of it was train in the manifest's split."""
    lines = [f"| fold {fold} holds out | {AMOUNTS} | of it train before, min |", "|---" * 6 + "|"]
    for name in sorted(name for name, dataset in _datasets().items() if dataset.fold == fold):
        of_set = [clip for clip in load_manifest() if clip.dataset == name and not _is_background(clip)]
        before = sum(clip.duration_s for clip in of_set if clip.split == "train") / 60
        lines += [f"| {' | '.join([name, *_amounts(of_set), f'{before:.1f}'])} |"] if of_set else []
    return "\n".join(lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    print(sides_table(), *(moves_table(fold) for fold in FOLDS), sep="\n\n")


if __name__ == "__main__":
    main()
