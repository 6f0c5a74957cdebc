"""Sheets of spectrograms from which a reviewer reads where in a clip a baby cries.

    python -m training.data.review_sheets                 all cry clips, into training/work/review (2 minutes)
    python -m training.data.review_sheets --doubtful      clips not yet reviewed, or with conflicting labels

Look at a sheet, then write one line a clip into training/data/reviews.csv: path, verdict (`cry`, `none` where no baby
can be made out, `unsure`), spans of crying in seconds (`0.4-2.3;3.1-6.9`), spans of fussing, a note. The file holds no
recordings.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.detect.features import N_MELS, WINDOW_SAMPLES, log_mel
from training.data.manifest import Clip, load_manifest
from training.data.paths import WORK
from training.data.recordings import load_audio
from training.data.reviews import REVIEWS, Review, reviews
from training.data.teacher import LEAD, load_curves, window_starts_s

CLIPS_ON_A_SHEET = 14
TEACHER_THRESHOLD: Final = 0.2  # teacher score, 0..1, from which the teacher hears a cry


def _panel(axes: Any, number: int, path: str, title: str) -> None:
    """One clip: log-mel spectrogram, the teacher's curve over it, reviewed spans below: crying red, fussing orange."""
    samples = load_audio(path)
    seconds, mel = len(samples) / SAMPLE_RATE_HZ, log_mel(samples * np.float32(0.7 / max(np.abs(samples).max(), 1e-6)))
    low = max(float(np.percentile(mel, 5)), float(mel.max()) - 14)
    axes.imshow(mel.T, aspect="auto", origin="lower", vmin=low, vmax=mel.max(), extent=(0, seconds, 0, N_MELS))
    curve = load_curves()[path]
    axes.plot(window_starts_s(len(curve)) + (WINDOW_SAMPLES / 2 - LEAD) / SAMPLE_RATE_HZ, curve * N_MELS, "w", lw=1.2)
    review = reviews().get(path, Review("unsure", ()))
    for colour, spans in (("red", review.spans_s), ("orange", review.fuss_s)):
        for span in spans:
            axes.plot(span, [1, 1], colour, lw=3)
    axes.set(xlim=(0, seconds), yticks=[], xticks=np.arange(0, seconds, 0.5))
    axes.tick_params(labelsize=7, pad=1)
    axes.set_title(f"#{number} {title}", fontsize=9, pad=2)


def draw_sheet(clips: Sequence[tuple[int, str, str]], file: Path) -> None:
    """Draw one PNG with a panel for each of `clips` (number, path, title)."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(CLIPS_ON_A_SHEET // 2, 2, figsize=(20, 16.5), squeeze=False)
    for panel in axes.flat:
        panel.set_visible(False)
    for panel, (number, path, title) in zip(axes.flat, clips, strict=False):
        panel.set_visible(True)
        _panel(panel, number, path, title)
    figure.tight_layout(pad=0.4)
    figure.savefig(file, dpi=75)
    plt.close(figure)


def is_doubtful(path: str, label: str, teacher_max: float) -> bool:
    """Whether a clip needs a review: it has none, or its review, label and teacher score do not agree."""
    review = reviews().get(path)
    if review is None or review.verdict == "unsure":
        return True
    return (review.verdict == "cry") != (teacher_max >= TEACHER_THRESHOLD) or label == "cry_suspect"


def clips_to_review() -> list[Clip]:
    """Every clip that may hold a cry, by group and path."""
    return sorted((clip for clip in load_manifest() if clip.may_hold_cry), key=lambda clip: (clip.group, clip.path))


def main() -> None:
    """Draw the sheets and their index."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--doubtful", action="store_true", help="only clips without a review, or with conflicting labels"
    )
    parser.add_argument("--out", type=Path, default=WORK / "review", help="folder for the sheets and index.csv")
    options = parser.parse_args()
    clips = clips_to_review()
    if options.doubtful:
        clips = [clip for clip in clips if is_doubtful(clip.path, clip.label, clip.teacher_max)]
    options.out.mkdir(parents=True, exist_ok=True)
    index = [f"{n},{clip.path},{clip.label},{clip.split},{clip.group}" for n, clip in enumerate(clips)]
    (options.out / "index.csv").write_text("\n".join(["n,path,label,split,group", *index, ""]), encoding="utf-8")
    panels = [
        (n, clip.path, f"{clip.label} {Path(clip.path).stem[-24:]}  teacher max {clip.teacher_max:.2f}")
        for n, clip in enumerate(clips)
    ]
    for first in tqdm(range(0, len(panels), CLIPS_ON_A_SHEET), desc="sheets", unit="sheet"):
        draw_sheet(panels[first : first + CLIPS_ON_A_SHEET], options.out / f"sheet_{first // CLIPS_ON_A_SHEET:02}.png")
    print(f"{len(panels)} clips; look at {options.out}, write into {REVIEWS}")


if __name__ == "__main__":
    main()
