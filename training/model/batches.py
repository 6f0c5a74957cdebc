"""Batches of training segments from shards on the disk, augmented anew each time they are drawn."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP_FRAMES
from babycryd.detect.features import HIGH_HZ, LOW_HZ, N_MELS, levelled
from training.data import family_labels
from training.data.labels import LABEL_HOP_FRAMES, of_segment
from training.data.manifest import clips_by_path
from training.data.teacher import load_curves
from training.data.truth import load_truths

Floats = NDArray[np.float32]
NATS_PER_DB = np.log(10) / 10  # features are natural logarithms of energies

HOPS = 40  # hops of a segment in a batch: 9.6 s, so that it can begin at the first or second half hop
FIRST_HOP = 3  # first hop whose score counts; before it the daemon has no full window
WARPED_SHARE = 0.5  # of segments get another vocal tract length
WARPS = np.linspace(0.88, 1.12, 25)  # factors of frequency
OVERLAY_SHARE = 0.3  # of segments get a segment without a cry mixed in
MASKED_DB = -8.0  # level of a cry against the overlay; below it the label has no weight
SUMS = ".sums.npy"  # end of the file with the sums of both stages (`training.evaluation.taught_sums`)
TAUGHT = 0.5  # share of a label that the sum decides, where one is taught by it
HEARD_DB = -10.0  # level of an overlay; below it there is no opinion on the families that sound in it


@dataclass(frozen=True, slots=True)
class Batch:
    """Input, targets and weights of one training step."""

    frames: Floats  # (b, 24 HOPS, 64, 1)
    targets: Floats  # (b, HOPS - FIRST_HOP, 1) 0..1
    weights: Floats  # (b, HOPS - FIRST_HOP, 1) 0..1
    families: Floats  # (b, HOPS - FIRST_HOP, f) targets of the families, 0..1; f is 0 where none are learnt
    family_weights: Floats  # the same shape, 0..1


@dataclass(frozen=True, slots=True)
class Shard:
    """256 rendered segments with their labels."""

    mel: NDArray[np.float16]  # (256, 998, 64), memory-mapped
    soft: Floats  # (256, 83, 2) target and weight of every label
    families: NDArray[np.float16]  # (256, 83, f, 2) the same of every family; f is 0 where none are learnt
    negatives: NDArray[np.int64]  # indices of the segments without a cry clip


def shard_numbers(folder: Path) -> list[str]:
    """Names of the complete shards in a folder."""
    return sorted(path.name.removesuffix(".mel.npy") for path in folder.glob("[0-9]*.mel.npy"))


def taught(soft: Floats, sums: NDArray[np.floating]) -> Floats:
    """Labels (n, 83, 2) of which the sums (n, 83), as logits, decide a share, and all where there is no label.

    NaN is no sum: the label stays as it is.
    """
    probability = 1 / (1 + np.exp(-np.nan_to_num(sums.astype(np.float32))))
    known = ~np.isnan(sums)
    share = np.where(soft[..., 1] > 0, TAUGHT, 1.0) * known
    target = (1 - share) * soft[..., 0] + share * probability
    weight = np.where(known, np.maximum(soft[..., 1], TAUGHT), soft[..., 1])
    return np.stack([target, weight], axis=-1).astype(np.float32)


def load_shard(folder: Path, name: str, *, families: bool = False, sums: bool = False) -> Shard:
    """One shard: features memory-mapped, labels computed; those of families only where they are learnt.

    With `sums` the labels are taught by the sums of both stages, which must have been written.
    """
    truths, mel = load_truths(folder / f"{name}.truth.npz"), np.load(folder / f"{name}.mel.npy", mmap_mode="r")
    soft = np.stack([of_segment(truth, clips_by_path(), load_curves()) for truth in truths]).astype(np.float32)
    soft = taught(soft, np.load(folder / f"{name}{SUMS}")) if sums else soft
    nothing = np.zeros((*soft.shape[:2], 0, 2))
    known = np.stack([family_labels.of_segment(truth) for truth in truths]) if families else nothing
    negatives = np.array([i for i, truth in enumerate(truths) if not truth.cries], np.int64)
    return Shard(mel, soft, known.astype(np.float16), negatives)


def microphone_response(rng: np.random.Generator) -> Floats:
    """(64,) to add to log energies: a smooth response of a few dB; one in five has a notch as well."""
    response = np.interp(np.arange(N_MELS), np.linspace(0, N_MELS - 1, 7), rng.normal(0, 3.0 * NATS_PER_DB, 7))
    if rng.uniform() < 0.2:
        first = int(rng.integers(0, N_MELS))
        response[first : first + int(rng.integers(1, 7))] -= rng.uniform(3, 15) * NATS_PER_DB
    return response.astype(np.float32)


@cache
def _warp(factor: float) -> Floats:
    """(64, 64) matrix that maps log energies to those of a sound with `factor` times as high frequencies."""
    low_mel, high_mel = (2595 * np.log10(1 + hz / 700) for hz in (LOW_HZ, HIGH_HZ))
    hz = 700 * (10 ** (np.linspace(low_mel, high_mel, N_MELS + 2)[1:-1] / 2595) - 1)
    source = np.interp(hz / factor, hz, np.arange(N_MELS))
    lower = np.minimum(source.astype(int), N_MELS - 2)
    weights, columns = np.zeros((N_MELS, N_MELS), np.float32), np.arange(N_MELS)
    weights[lower, columns] = 1 - (source - lower)
    weights[lower + 1, columns] = source - lower
    return weights


def warped(mel: Floats, factor: float) -> Floats:
    """Features of the sound with all frequencies `factor` times as high, at the same speed.

    After vocal tract length perturbation (Jaitly and Hinton, 2013).
    """
    return mel @ _warp(factor)


@dataclass(frozen=True, slots=True)
class Example:
    """One segment of a batch."""

    mel: Floats  # (998, 64)
    soft: Floats  # (83, 2)
    families: Floats  # (83, f, 2)


def _of_shard(shard: Shard, index: int) -> Example:
    return Example(shard.mel[index].astype(np.float32), shard.soft[index], shard.families[index].astype(np.float32))


def _families_of_both(families: Floats, other: Floats, below_db: float) -> Floats:
    """Targets and weights of families where another segment sounds `below_db` dB (negative) against this one."""
    target, weight = families[..., 0], families[..., 1]
    if below_db >= HEARD_DB:
        return np.stack([np.maximum(target, other[..., 0]), np.minimum(weight, other[..., 1])], axis=-1)
    unsure = (other[..., 0] >= family_labels.HEARD) & (target < family_labels.HEARD)
    return np.stack([target, np.where(unsure, 0, weight)], axis=-1)


def overlaid(rng: np.random.Generator, one: Example, other: Example) -> Example:
    """A segment with another segment mixed in, 20 to 0 dB below it, and its labels.

    Energies are added, because phases are random. Where the overlay masks a cry, the label gets weight 0.
    """
    below_db, soft = rng.uniform(-20, 0), one.soft.copy()
    level = float(np.median(one.mel.mean(axis=1)) - np.median(other.mel.mean(axis=1)))
    added = other.mel + np.float32(level + below_db * NATS_PER_DB)
    power, other_power = (np.concatenate([[0.0], np.cumsum(np.exp(mel).mean(axis=1))]) for mel in (one.mel, added))
    ends = np.minimum(np.arange(1, len(soft) + 1) * LABEL_HOP_FRAMES, len(one.mel))
    begins = np.maximum(ends - 80, 0)
    snr_db = 10 * np.log10((power[ends] - power[begins] + 1e-12) / (other_power[ends] - other_power[begins] + 1e-12))
    soft[(soft[:, 0] > 0) & (snr_db < MASKED_DB), 1] = 0
    families = _families_of_both(one.families, other.families, below_db)
    return Example(np.logaddexp(one.mel, added), soft, families)


def _example(rng: np.random.Generator, shards: list[Shard]) -> Example:
    """Draw a segment and augment it: vocal tract, microphone response, overlay."""
    shard = shards[rng.integers(len(shards))]
    one = _of_shard(shard, int(rng.integers(len(shard.mel))))
    if rng.uniform() < WARPED_SHARE:
        one = replace(one, mel=warped(one.mel, float(rng.choice(WARPS))))
    if rng.uniform() < 0.7:
        one = replace(one, mel=one.mel + microphone_response(rng))
    if rng.uniform() < OVERLAY_SHARE:
        other_shard = shards[rng.integers(len(shards))]
        if len(other_shard.negatives):
            chosen = other_shard.negatives[rng.integers(len(other_shard.negatives))]
            one = overlaid(rng, one, _of_shard(other_shard, int(chosen)))
    return one


def to_batch(examples: list[Example], late: NDArray[np.int64]) -> Batch:
    """Batch of segments that begin `late` (0 or 1) half hops late, with one target a hop."""
    begins = late * LABEL_HOP_FRAMES
    cut = [one.mel[begin : begin + HOPS * HOP_FRAMES] for one, begin in zip(examples, begins, strict=True)]
    # Label i ends after i + 1 half hops, hop t after 2 (t + 1) of them.
    chosen = late[:, None] + 2 * np.arange(FIRST_HOP, HOPS)[None] + 1
    soft = np.stack([one.soft[rows] for one, rows in zip(examples, chosen, strict=True)])
    known = np.stack([one.families[rows] for one, rows in zip(examples, chosen, strict=True)])
    frames = levelled(np.stack(cut))[..., None]
    return Batch(frames, soft[:, :, :1], soft[:, :, 1:], known[..., 0], known[..., 1])


def load_shards(folder: Path, *, families: bool = False, sums: bool = False) -> list[Shard]:
    """All complete shards of a folder, with `sums` all that have them. Raises FileNotFoundError if there is none."""
    names = [one for one in shard_numbers(folder) if not sums or (folder / f"{one}{SUMS}").exists()]
    shards = [load_shard(folder, name, families=families, sums=sums) for name in names]
    if not shards:
        raise FileNotFoundError(f"no shards in {folder}; run python -m training.synthesis.render")
    return shards


def batch_of_step(shards: list[Shard], size: int, seed: Sequence[int]) -> Batch:
    """`size` segments that depend on `seed` alone, so that an interrupted run continues with the same batches."""
    rng = np.random.default_rng(seed)
    drawn = [_example(rng, shards) for _ in range(size)]
    return to_batch(drawn, rng.integers(0, 2, size))


def prefetched(make: Callable[[int], Batch], steps: range) -> Iterator[Batch]:
    """Batches of `steps` in order; a thread makes the next one meanwhile."""
    with ThreadPoolExecutor(max_workers=1) as worker:
        coming = worker.submit(make, steps[0]) if steps else None
        for step in steps:
            assert coming is not None
            batch = coming.result()
            coming = worker.submit(make, step + 1) if step + 1 in steps else None
            yield batch


def validation_batch(folder: Path, *, families: bool = False) -> Batch:
    """All segments of all shards in a folder, without augmentation."""
    examples = [
        _of_shard(shard, index) for shard in load_shards(folder, families=families) for index in range(len(shard.mel))
    ]
    return to_batch(examples, np.zeros(len(examples), np.int64))
