"""Teachers judged on val clips, clean and degraded, beside the shipped model.

    python -m training.evaluation.teachers                     on the manifest's val (20 minutes the first time)
    python -m training.evaluation.teachers --side val-0        on another side (`training.data.folds`)
    python -m training.evaluation.teachers --every 4           on every fourth clip

A clip's score is the highest one along it. A degraded clip lasts ten seconds in a val room (`degraded_clip`); it is the
same for every teacher. Scores are kept in training/work; an interrupted run continues.
"""

import argparse
import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import numpy as np
from tqdm import tqdm

from babycryd.audio.format import HOP
from babycryd.detect.tflite import shipped_classifier
from training.data import mn04
from training.data.folds import SIDES
from training.data.levels import at_teacher_level
from training.data.manifest import CRY_LABELS, Clip
from training.data.paths import WORK
from training.data.recordings import Samples, load_audio
from training.data.teacher import scores_along
from training.evaluation.detectors import fill_window, student_scores, val_clips
from training.evaluation.report import clip_figures
from training.evaluation.scoring import ClipScore
from training.synthesis.degraded_clip import degraded

SEED: Final = 59
SOUNDS: Final = ("clean", "degraded")
Scorer = Callable[[Samples], float]  # sound -> highest score along it, 0..1


def scorers() -> dict[str, Scorer]:
    """The teachers and the shipped model, by name."""
    shipped = shipped_classifier()
    return {
        "YAMNet": lambda sound: float(scores_along(fill_window(at_teacher_level(sound)), HOP).max()),
        "mn04": lambda sound: float(mn04.heard_along(at_teacher_level(sound)).cry.max()),
        "shipped model": lambda sound: float(student_scores(shipped, sound).max()),
    }


@dataclass(frozen=True, slots=True)
class Cell:
    """What a score in the file belongs to."""

    path: str
    sound: str  # one of SOUNDS
    teacher: str


Scores = Mapping[Cell, float]


def load_scores(file: Path) -> dict[Cell, float]:
    """Scores that an earlier run kept; empty without the file."""
    if not file.exists():
        return {}
    with file.open(newline="", encoding="utf-8") as lines:
        return {Cell(path, sound, teacher): float(score) for path, sound, teacher, score in csv.reader(lines)}


def score_missing(clips: list[Clip], side: str, file: Path, named: Mapping[str, Scorer]) -> Scores:
    """Scores of all clips, clean and degraded, by every teacher; those that `file` lacks are computed and appended."""
    scores = load_scores(file)
    with file.open("a", newline="", encoding="utf-8") as lines:
        rows = csv.writer(lines, lineterminator="\n")
        for clip in tqdm(clips, desc=f"teachers on {side}", unit="clip"):
            cells = [Cell(clip.path, sound, teacher) for sound in SOUNDS for teacher in named]
            missing = [cell for cell in cells if cell not in scores]
            if not missing:
                continue
            clean = load_audio(clip.path)
            sounds = {
                "clean": clean,
                "degraded": degraded(np.random.default_rng([SEED, crc32(clip.path.encode())]), clean, side),
            }
            for cell in missing:
                scores[cell] = named[cell.teacher](sounds[cell.sound])
                rows.writerow([cell.path, cell.sound, cell.teacher, f"{scores[cell]:.6f}"])
            lines.flush()
    return scores


def _figure(figures: Mapping[str, Any], name: str) -> str:
    one = figures[name]
    return f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})"


def table(clips: list[Clip], scores: Scores, teachers: list[str]) -> str:
    """Markdown table: AUC and recall where 1 % of the other sounds fire, with 95 % intervals over groups."""
    titles = [f"{sound}: {figure}" for sound in SOUNDS for figure in ("AUC", "recall at 1 %")]
    lines = [f"| teacher | {' | '.join(titles)} |", "|---" * (len(titles) + 1) + "|"]
    for teacher in teachers:
        cells = []
        for sound in SOUNDS:
            of_clips = [
                ClipScore(clip.group, clip.kind, clip.label in CRY_LABELS, scores[Cell(clip.path, sound, teacher)])
                for clip in clips
            ]
            figures = clip_figures(of_clips, 0.5)
            cells += [_figure(figures, "auc"), _figure(figures, "recall_at_1_percent")]
        lines.append(f"| {' | '.join([teacher, *cells])} |")
    return "\n".join(lines)


def main() -> None:
    """Compute what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", choices=SIDES, default="val", help="val side whose clips are scored")
    parser.add_argument("--every", type=int, default=1, help="score every n-th clip only, for a first look")
    options = parser.parse_args()
    clips, named = val_clips(options.side)[:: options.every], scorers()
    WORK.mkdir(parents=True, exist_ok=True)
    scores = score_missing(clips, options.side, WORK / f"teachers-{options.side}.csv", named)
    print(table(clips, scores, list(named)))


if __name__ == "__main__":
    main()
