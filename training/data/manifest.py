"""Manifest of the recordings: what each clip holds, which side of the split it stands on, whether it may be used."""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from training.data.licences import permits_training
from training.data.paths import SHARED
from training.data.reviews import Review, reviews

MANIFEST: Final = SHARED / "audio" / "manifest.csv"

CRY_LABELS: Final = frozenset({"cry", "cry_suspect"})  # a human says that it is a cry
POSSIBLE_CRY_LABELS: Final = CRY_LABELS | {"cry_candidate"}  # a human or YAMNet says so
NEGATIVE_LABELS: Final = frozenset({"neg", "neg_candidate"})
BED_LABEL: Final = "bed"  # steady background noise
RIR_LABEL: Final = "rir"  # impulse response of a room
LABELS: Final = POSSIBLE_CRY_LABELS | NEGATIVE_LABELS | {BED_LABEL, RIR_LABEL, "ambiguous"}
SPLITS: Final = ("train", "val")

# Kinds of sound, where the dataset's name does not say it. Clips of NOTED_DATASETS name theirs in the note.
NOTED_DATASETS: Final = frozenset({"esc50_partial", "catmeows", "giulbia"})
ANIMAL_DATASETS: Final = frozenset({"animal_talk", "ovos_bigsoundbank"})  # notes like "cat yowl 1" and "animal cow"
KIND_OF_DATASET: Final = {
    "cmu_arctic": "speech",
    "gcompris": "sound_effect",
    "lomiri_sounds": "ringtone",
    "opensfx": "sound_effect",
    "spatialaudio": "speech",
    "teeworlds": "sound_effect",
    "voxelibre_mobs": "game_mob",
}
KIND_OF_BED: Final = {"fireplace": "crackling_fire"}  # as ESC-50 calls it


def _animal(note: str) -> str:
    words = note.removeprefix("animal ").split()
    return "guinea_pig" if words[:2] == ["guinea", "pig"] else words[0]


@dataclass(frozen=True, slots=True)
class Clip:
    """One row of the manifest."""

    path: str  # below shared/audio; unique
    label: str  # one of LABELS
    split: str  # one of SPLITS
    group: str  # one baby, one recording or one author: never on both sides of the split
    dataset: str
    note: str  # the kind of sound where the dataset names it
    licence: str  # as in `training.data.licences`
    duration_s: float
    teacher_max: float  # the teacher's highest cry score, 0..1
    review: Review | None = None  # where the reviewer saw a baby cry; None: not reviewed

    @property
    def may_hold_cry(self) -> bool:
        """Whether a human or YAMNet calls it a cry."""
        return self.label in POSSIBLE_CRY_LABELS

    @property
    def kind(self) -> str:
        """Kind of sound that distractors and beds are counted and weighted by: "cat", "rain", or the dataset's name."""
        if self.label == RIR_LABEL:
            return "room"
        if self.label == BED_LABEL:
            return KIND_OF_BED.get(self.note, self.note.replace(" ", "_").replace("-", "_"))
        if self.dataset in ANIMAL_DATASETS:
            return _animal(self.note)
        return self.note if self.dataset in NOTED_DATASETS else KIND_OF_DATASET.get(self.dataset, self.dataset)


def _clip(row: dict[str, str]) -> Clip:
    return Clip(
        path=row["path"],
        label=row["label"],
        split=row["split"],
        group=row["group"],
        dataset=row["dataset"],
        note=row["note"],
        licence=row["licence"],
        duration_s=float(row["duration_s"]),
        teacher_max=max(float(row["yamnet_baby_cry_max"] or 0), float(row["yamnet_crying_max"] or 0)),
        review=reviews().get(row["path"]),
    )


def _may_be_used(clip: Clip, manifest: Path) -> bool:
    """Whether the licence permits training. Raises ValueError for a label, split or licence that is not known."""
    if clip.label not in LABELS:
        remedy = f"correct it, or add the label to training/data/manifest.py with its use ({', '.join(sorted(LABELS))})"
        raise ValueError(f"{manifest}: {clip.path}: unknown label {clip.label!r}; {remedy}")
    if clip.split not in SPLITS:
        raise ValueError(f"{manifest}: {clip.path}: unknown split {clip.split!r}; write one of {', '.join(SPLITS)}")
    try:
        return permits_training(clip.licence)
    except KeyError:
        remedy = "read the licence, then add it to PERMITTING or FORBIDDING in training/data/licences.py"
        raise ValueError(f"{manifest}: {clip.path}: unknown licence {clip.licence!r}; {remedy}") from None


def straddling_groups(clips: Iterable[Clip]) -> set[str]:
    """Groups that stand on both sides of the split: one of them makes every figure too good."""
    sides = defaultdict(set)
    for clip in clips:
        sides[clip.group].add(clip.split)
    return {group for group, splits in sides.items() if len(splits) > 1}


def load_manifest(path: Path = MANIFEST) -> list[Clip]:
    """Every clip whose licence permits training.

    Raises ValueError for a label, split or licence that is not known, and for a group on both sides of the split.
    """
    with path.open(newline="", encoding="utf-8") as file:
        clips = [_clip(row) for row in csv.DictReader(file)]
    permitted = [clip for clip in clips if _may_be_used(clip, path)]
    if straddling := straddling_groups(clips):
        raise ValueError(f"{path}: groups on both sides of the split: {', '.join(sorted(straddling))}")
    return permitted


def manifest_sha256(path: Path = MANIFEST) -> str:
    """Checksum of the manifest: tells whether a model was trained on these recordings."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_trained_on_manifest(made: dict[str, Any]) -> bool:
    """Whether the model was trained on the recordings of the present manifest; `made` is `made_by` of cry.json."""
    return made.get("manifest_sha256") == manifest_sha256()


@cache
def clips_by_path() -> dict[str, Clip]:
    """The manifest by path."""
    return {clip.path: clip for clip in load_manifest()}


def by_group(clips: Iterable[Clip]) -> dict[str, list[Clip]]:
    """Clips of each group, so that sampling can be balanced by group and not by file."""
    groups: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        groups[clip.group].append(clip)
    return dict(groups)
