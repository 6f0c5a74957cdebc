"""The recordings: which clips may be trained on, what they hold, and which side of the split they stand on.

python -m training.data.manifest        prints every source with its licence and share
"""

import argparse
import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from babycryd.detect.features import SAMPLE_RATE_HZ
from training.data.paths import LULLABIES, SHARED
from training.data.reviews import Review, reviews

Samples = NDArray[np.float32]  # (n,) mono, 16 kHz, full scale is 1

# Licences, as the manifest writes them, that let a model be trained on the clip and shipped. The
# ESC-50 clips keep their authors' own CC0 or CC BY: "set CC BY-NC" is the collection's licence.
# giulbia's recordings state none themselves: the package they come in states new BSD.
PERMITTING_LICENCES = frozenset(
    {
        "ODbL/DbCL",
        "CC BY 4.0 (Zenodo, upstream)",
        "CC-BY (set CC BY-NC 3.0)",
        "CC0 (set CC BY-NC 3.0)",
        "CC-BY (set CC BY-NC 3.0, ESC-10 CC BY 3.0)",
        "CC0 (set CC BY-NC 3.0, ESC-10 CC BY 3.0)",
        "per file, sources.md",  # AntumMT: CC0 or CC BY, file by file
        "per file CC0/CC BY",
        "CC BY-SA 4.0",
        "CC BY-SA 3.0",
        "CC0 mostly",
        "Apache-2.0 repo",
        "freesound CC0/CC BY",
        "none stated",
    }
)
CRY_LABELS = frozenset({"cry", "cry_suspect"})  # a human says that it is a cry


@dataclass(frozen=True, slots=True)
class Clip:
    """One row of the manifest."""

    path: str  # below shared/audio; unique
    label: str  # cry, neg, cry_suspect, cry_candidate, neg_candidate, ambiguous
    split: str  # train or val
    group: str  # one baby, one recording or one author: never on both sides
    dataset: str
    note: str  # the kind of sound where the dataset names it
    licence: str
    duration_s: float
    teacher_max: float  # the loudest the teacher hears it as a cry, 0..1
    review: Review | None = None  # where somebody saw a baby cry; None: nobody has looked

    @property
    def kind(self) -> str:
        """What distractors are counted and weighted by: "cat", "laughing", or the dataset's name."""
        return self.note if self.dataset in ("esc50_partial", "catmeows", "giulbia") else self.dataset


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


def straddling_groups(clips: Iterable[Clip]) -> set[str]:
    """Groups that stand on both sides of the split: one is enough to make every figure a lie."""
    sides = defaultdict(set)
    for clip in clips:
        sides[clip.group].add(clip.split)
    return {group for group, splits in sides.items() if len(splits) > 1}


def load_manifest(path: Path = SHARED / "audio" / "manifest.csv") -> list[Clip]:
    """Every clip whose licence permits training. Raises ValueError if a group straddles the split."""
    with path.open(newline="", encoding="utf-8") as file:
        clips = [_clip(row) for row in csv.DictReader(file)]
    if straddling := straddling_groups(clips):
        raise ValueError(f"{path}: groups on both sides of the split: {', '.join(sorted(straddling))}")
    return [clip for clip in clips if clip.licence in PERMITTING_LICENCES]


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


@cache
def load_audio(path: str) -> Samples:
    """A clip's samples, from below shared/audio; kept in memory (all clips together: 0.7 GB)."""
    samples, rate_hz = soundfile.read(SHARED / "audio" / path, dtype="float32")
    if rate_hz != SAMPLE_RATE_HZ or samples.ndim != 1:
        raise ValueError(f"{path}: expected 16 kHz mono, found {rate_hz} Hz with shape {samples.shape}")
    return np.asarray(np.nan_to_num(samples), np.float32)


def load_lullaby(path: Path, most_s: float = 60.0) -> Samples:
    """The opening of a shipped lullaby at 16 kHz mono."""
    with soundfile.SoundFile(path) as file:
        samples = file.read(int(most_s * file.samplerate), dtype="float32", always_2d=True).mean(axis=1)
        return np.asarray(soxr.resample(samples, file.samplerate, SAMPLE_RATE_HZ), np.float32)


def load_lullabies(folder: Path = LULLABIES) -> list[Samples]:
    """All that ship: our own speaker is in the room with the baby."""
    return [load_lullaby(path) for path in sorted(folder.glob("*.ogg"))]


def sources_table(clips: Sequence[Clip]) -> str:
    """Markdown: each dataset with its licences, clips, minutes on either side and share of the training time."""
    total_s = sum(clip.duration_s for clip in clips if clip.split == "train")
    lines = [
        "| source | licences of the clips | train clips | train min | val clips | val min | share of train |",
        "|---|---|---|---|---|---|---|",
    ]
    for dataset in sorted({clip.dataset for clip in clips}):
        of_set = [clip for clip in clips if clip.dataset == dataset]
        licences = Counter(clip.licence for clip in of_set)
        cells = [dataset, "; ".join(f"{name} ({count})" for name, count in licences.most_common())]
        for side in ("train", "val"):
            seconds = [clip.duration_s for clip in of_set if clip.split == side]
            cells += [str(len(seconds)), f"{sum(seconds) / 60:.1f}"]
        share = sum(clip.duration_s for clip in of_set if clip.split == "train") / total_s
        lines.append(f"| {' | '.join(cells)} | {share:.1%} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table of sources."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    print(sources_table(load_manifest()))


if __name__ == "__main__":
    main()
