"""Windows for the fine-tuning of mn04: candidates of the shipped model in rendered segments, as mel energies.

    python -m training.model.second_windows --segments 8000                  about 0.1 s a segment on one core
    python -m training.model.second_windows --split val-0 --segments 1000
    python -m training.model.second_windows --split train-0 --segments 3000 --confusers

A window is the last 16 hops (3.84 s) at a moment of a segment: random ones at which a baby cries and the shipped model
suspects it, and those of the highest scores among the others. On a train side babies and other sounds are warped or
made up as in the recipe `families` (`training.synthesis.ingredients`); one segment in three goes through a poor
microphone. With `--confusers` a segment holds nothing but one dog, cat, laughing baby, … in a room
(`training.synthesis.lone_confusers`).
Files of CHUNK segments lie in training/work/second; a part that is deleted is computed again.
"""

import argparse
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.audio.format import HOP
from babycryd.detect.scoring import Classifier
from babycryd.detect.second_features import HEARD_MELS, LEAD_IN, hop_energies
from babycryd.detect.tflite import shipped_classifier
from training.data.folds import SIDES, split_of
from training.data.labels import label_ends, of_segment
from training.data.manifest import clips_by_path
from training.data.paths import WORK
from training.data.recordings import Samples
from training.data.teacher import load_curves
from training.model.streaming import scores_and_embeddings
from training.synthesis import augment
from training.synthesis import poor_microphones as poor
from training.synthesis.degraded_clip import degraded
from training.synthesis.ingredients import FIRST, WITHOUT, Ingredients, recipe_of
from training.synthesis.lone_confusers import lone_confuser
from training.synthesis.pool import Pool
from training.synthesis.render import FRAMES, pool_of_shard, render_segment

SEED: Final = 71
CHUNK: Final = 200  # segments a file
HOPS: Final = 16  # of a window
SUSPECTED: Final = 0.03  # score of the shipped model from which a hop is a candidate here; 0.1 in the daemon
MOST_CRIES: Final = 2  # windows of a segment
MOST_OTHERS: Final = 3
APART_HOPS: Final = 4  # from one of the others to the next
POOR_SHARE: Final = 0.35
# Poor microphones are drawn here. What is judged is recorded.
RECIPES: Final = {"train": f"families{WITHOUT}poor_microphone", "val": FIRST}
WINDOWS: Final = WORK / "second"

_FIRST_SCORE: Final = 3  # hops before the first score of a segment


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of one file."""

    log_energies: NDArray[np.float16]  # (n, 384, HEARD_MELS) natural logarithm
    peaks: NDArray[np.float32]  # (n, HOPS) highest sample of each hop
    targets: NDArray[np.float32]  # (n,) 0..1
    weights: NDArray[np.float32]  # (n,) 0..1
    first: NDArray[np.float32]  # (n,) score of the shipped model


@dataclass(frozen=True, slots=True)
class Window:
    """One window, as a row of `Windows`."""

    log_energies: NDArray[np.float16]
    peaks: NDArray[np.float32]
    target: float
    weight: float
    first: float


def through_poor_microphone(rng: np.random.Generator, sound: Samples) -> Samples:
    """The sound through one of the poor microphones, most often without its bass."""
    kind = rng.choice(["bass", "tilt", "notch", "gate", "suppressor", "codec"], p=[0.35, 0.15, 0.1, 0.1, 0.15, 0.15])
    match str(kind):
        case "bass":
            return poor.high_pass(sound, float(np.exp(rng.uniform(np.log(250), np.log(1200)))), int(rng.integers(1, 4)))
        case "tilt":
            return augment.at_peak(poor.tilted(sound, rng.uniform(-4, 6)), rng.uniform(-30, -3))
        case "notch":
            return poor.notched(sound, rng.uniform(400, 4000), rng.uniform(0.7, 4))
        case "gate":
            return poor.gated(sound, rng.uniform(25, 45), rng.uniform(0.05, 0.5))
        case "suppressor":
            return poor.suppressed(sound, rng.uniform(1, 4))
        case _:
            return poor.through_codec(sound, str(rng.choice(list(poor.CODECS))))


def segment_sound(rng: np.random.Generator, pool: Pool, side: str) -> tuple[Samples, NDArray[np.float64]]:
    """Sound (`render.SEGMENT`,) and labels (n, 2) of a segment, every half hop."""
    segment = render_segment(rng, pool, side, Ingredients(recipe_of(RECIPES[split_of(side)]), rng))
    soft, sound = of_segment(segment.truth, clips_by_path(), load_curves()), segment.sound
    if rng.uniform() < POOR_SHARE:
        sound = augment.quantise(through_poor_microphone(rng, sound))
    return sound, soft


def confuser_sound(rng: np.random.Generator, pool: Pool, side: str) -> tuple[Samples, NDArray[np.float64]]:
    """Sound (`render.SEGMENT`,) and labels (n, 2) of a segment with one confuser and nothing else."""
    sound = degraded(rng, lone_confuser(rng, pool), side)
    if rng.uniform() < POOR_SHARE:
        sound = augment.quantise(through_poor_microphone(rng, sound))
    nothing = np.zeros(len(label_ends(FRAMES)))
    return sound, np.stack([nothing, nothing + 1], axis=1)


def chosen_hops(
    rng: np.random.Generator, scores: NDArray[np.float64], soft: NDArray[np.float64]
) -> list[tuple[int, int]]:
    """Hops to keep of a segment, (score, label) indices: random cries, and others with the highest scores."""
    pairs = [(i, 2 * (i + _FIRST_SCORE) + 1) for i in range(HOPS - _FIRST_SCORE - 1, len(scores))]
    certain = [(i, j) for i, j in pairs if j < len(soft) and soft[j, 1] > 0]
    cries = [pair for pair in certain if soft[pair[1], 0] >= 0.5 and scores[pair[0]] >= SUSPECTED]
    others = [pair for pair in certain if soft[pair[1], 0] == 0]
    rng.shuffle(cries)
    hardest = list[tuple[int, int]]()
    for pair in sorted(others, key=lambda pair: -scores[pair[0]]):
        if all(abs(pair[0] - one[0]) >= APART_HOPS for one in hardest):
            hardest.append(pair)
    return cries[:MOST_CRIES] + hardest[:MOST_OTHERS]


def windows_of(
    rng: np.random.Generator, classifier: Classifier, pool: Pool, side: str, *, confusers: bool = False
) -> list[Window]:
    """Windows of one new segment: with one confuser in it, or with sounds drawn from the whole pool."""
    sound, soft = (confuser_sound if confusers else segment_sound)(rng, pool, side)
    scores, _ = scores_and_embeddings(classifier, sound)
    found, padded = list[Window](), np.pad(sound, (LEAD_IN, 0))
    for i, j in chosen_hops(rng, scores, soft):
        hops = range(i + _FIRST_SCORE + 1 - HOPS, i + _FIRST_SCORE + 1)
        energies = np.concatenate([hop_energies(padded[h * HOP : (h + 1) * HOP + LEAD_IN]) for h in hops])
        peaks = np.abs(sound[hops[0] * HOP : (hops[-1] + 1) * HOP]).reshape(HOPS, HOP).max(axis=1)
        log_energies = np.log(energies[:, :HEARD_MELS] + 1e-10).astype(np.float16)
        found.append(Window(log_energies, peaks, float(soft[j, 0]), float(soft[j, 1]), float(scores[i])))
    return found


def write_chunk(index: int, side: str, path: Path, count: int = CHUNK, *, confusers: bool = False) -> None:
    """Write the windows of `count` segments, whole or not at all; chunk i is the same on every run."""
    classifier, pool = shipped_classifier(), pool_of_shard(index, side)
    seeds = ([SEED, split_of(side) == "val", index, i, *([1] if confusers else [])] for i in range(count))
    rngs = map(np.random.default_rng, seeds)
    found = [one for rng in rngs for one in windows_of(rng, classifier, pool, side, confusers=confusers)]
    partial = path.with_suffix(".partial.npz")
    np.savez(
        partial,
        log_energies=np.stack([one.log_energies for one in found]),
        peaks=np.stack([one.peaks for one in found]),
        targets=np.array([one.target for one in found], np.float32),
        weights=np.array([one.weight for one in found], np.float32),
        first=np.array([one.first for one in found], np.float32),
    )
    partial.replace(path)


def folder_of(side: str, *, confusers: bool = False) -> Path:
    """Folder of the windows of a side, or of those of its confusers alone."""
    return WINDOWS / (f"{side}-confusers" if confusers else side)


def load_windows(side: str, *, confusers: bool = False) -> Windows:
    """All windows of a side that were written, or those of its confusers alone."""
    paths = sorted(folder_of(side, confusers=confusers).glob("[0-9][0-9][0-9].npz"))
    return together(*(Windows(**np.load(path, allow_pickle=False)) for path in paths))


def together(*some: Windows) -> Windows:
    """Windows of several files, one after the other."""
    names = [field.name for field in fields(Windows)]
    return Windows(**{name: np.concatenate([getattr(one, name) for one in some]) for name in names})


def main() -> None:
    """Write the missing files of one side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segments", type=int, default=8000, help="segments in all, each 10 s")
    parser.add_argument(
        "--split", choices=SIDES, default="train-0", help="side of the split, see training/data/folds.py"
    )
    parser.add_argument("--confusers", action="store_true", help="segments with one confuser each, and nothing else")
    options = parser.parse_args()
    folder = folder_of(options.split, confusers=options.confusers)
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {first // CHUNK: min(CHUNK, options.segments - first) for first in range(0, options.segments, CHUNK)}
    paths = {index: folder / f"{index:03}.npz" for index in sizes}
    for index in tqdm([one for one, path in paths.items() if not path.exists()], desc=folder.name, unit="file"):
        write_chunk(index, options.split, paths[index], sizes[index], confusers=options.confusers)


if __name__ == "__main__":
    main()
