"""Batches of training segments from shards on the disk, augmented anew each time they are drawn."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP_FRAMES
from babycryd.detect.features import HIGH_HZ, LOW_HZ, N_MELS, levelled
from training.data.labels import LABEL_HOP_FRAMES, of_segment
from training.data.manifest import clips_by_path
from training.data.teacher import load_curves
from training.synthesis.render import load_truths

Floats = NDArray[np.float32]
NATS_PER_DB = np.log(10) / 10  # features are natural logarithms of energies

HOPS = 40  # hops of a segment in a batch: 9.6 s, so that it can begin at the first or second half hop
FIRST_HOP = 3  # first hop whose score counts; before it the daemon has no full window
WARPED_SHARE = 0.5  # of segments get another vocal tract length
WARPS = np.linspace(0.88, 1.12, 25)  # factors of frequency
OVERLAY_SHARE = 0.3  # of segments get a segment without a cry mixed in
MASKED_DB = -8.0  # level of a cry against the overlay; below it the label has no weight


@dataclass(frozen=True, slots=True)
class Batch:
    """Input, targets and weights of one training step."""

    frames: Floats  # (b, 24 HOPS, 64, 1)
    targets: Floats  # (b, HOPS - FIRST_HOP, 1) 0..1
    weights: Floats  # (b, HOPS - FIRST_HOP, 1) 0..1


@dataclass(frozen=True, slots=True)
class Shard:
    """256 rendered segments with their labels."""

    mel: NDArray[np.float16]  # (256, 998, 64), memory-mapped
    soft: Floats  # (256, 83, 2) target and weight of every label
    negatives: NDArray[np.int64]  # indices of the segments without a cry clip


def shard_numbers(folder: Path) -> list[str]:
    """Names of the complete shards in a folder."""
    return sorted(path.name.removesuffix(".mel.npy") for path in folder.glob("[0-9]*.mel.npy"))


def load_shard(folder: Path, name: str) -> Shard:
    """One shard: features memory-mapped, labels computed."""
    truths, mel = load_truths(folder / f"{name}.truth.npz"), np.load(folder / f"{name}.mel.npy", mmap_mode="r")
    soft = np.stack([of_segment(truth, clips_by_path(), load_curves()) for truth in truths]).astype(np.float32)
    return Shard(mel, soft, np.array([i for i, truth in enumerate(truths) if not truth.cries], np.int64))


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


def overlaid(rng: np.random.Generator, mel: Floats, soft: Floats, other: Floats) -> tuple[Floats, Floats]:
    """A segment with another segment mixed in, 20 to 0 dB below it, and its labels.

    Energies are added, because phases are random. Where the overlay masks a cry, the label gets weight 0.
    """
    level = float(np.median(mel.mean(axis=1)) - np.median(other.mean(axis=1)))
    other = other + np.float32(level + rng.uniform(-20, 0) * NATS_PER_DB)
    power, other_power = (np.concatenate([[0.0], np.cumsum(np.exp(one).mean(axis=1))]) for one in (mel, other))
    ends = np.minimum(np.arange(1, len(soft) + 1) * LABEL_HOP_FRAMES, len(mel))
    begins = np.maximum(ends - 80, 0)
    snr_db = 10 * np.log10((power[ends] - power[begins] + 1e-12) / (other_power[ends] - other_power[begins] + 1e-12))
    soft = soft.copy()
    soft[(soft[:, 0] > 0) & (snr_db < MASKED_DB), 1] = 0
    return np.logaddexp(mel, other), soft


def _segment(rng: np.random.Generator, shards: list[Shard]) -> tuple[Floats, Floats]:
    """Draw a segment and augment it: vocal tract, microphone response, overlay."""
    shard = shards[rng.integers(len(shards))]
    index = rng.integers(len(shard.mel))
    mel, soft = shard.mel[index].astype(np.float32), shard.soft[index]
    if rng.uniform() < WARPED_SHARE:
        mel = warped(mel, float(rng.choice(WARPS)))
    if rng.uniform() < 0.7:
        mel = mel + microphone_response(rng)
    if rng.uniform() < OVERLAY_SHARE:
        other_shard = shards[rng.integers(len(shards))]
        if len(other_shard.negatives):
            chosen = other_shard.negatives[rng.integers(len(other_shard.negatives))]
            mel, soft = overlaid(rng, mel, soft, other_shard.mel[chosen].astype(np.float32))
    return mel, soft


def to_batch(mels: list[Floats], softs: list[Floats], late: NDArray[np.int64]) -> Batch:
    """Batch of segments that begin `late` (0 or 1) half hops late, with one target a hop."""
    begins = late * LABEL_HOP_FRAMES
    frames = np.stack([mel[begin : begin + HOPS * HOP_FRAMES] for mel, begin in zip(mels, begins, strict=True)])
    # Label i ends after i + 1 half hops, hop t after 2 (t + 1) of them.
    chosen = late[:, None] + 2 * np.arange(FIRST_HOP, HOPS)[None] + 1
    soft = np.stack([soft[rows] for soft, rows in zip(softs, chosen, strict=True)])
    return Batch(levelled(frames)[..., None], soft[:, :, :1], soft[:, :, 1:])


def load_shards(folder: Path) -> list[Shard]:
    """All complete shards of a folder. Raises FileNotFoundError if there is none."""
    shards = [load_shard(folder, name) for name in shard_numbers(folder)]
    if not shards:
        raise FileNotFoundError(f"no shards in {folder}; run python -m training.synthesis.render")
    return shards


def batch_of_step(shards: list[Shard], size: int, seed: Sequence[int]) -> Batch:
    """`size` segments that depend on `seed` alone, so that an interrupted run continues with the same batches."""
    rng = np.random.default_rng(seed)
    drawn = [_segment(rng, shards) for _ in range(size)]
    return to_batch([mel for mel, _ in drawn], [soft for _, soft in drawn], rng.integers(0, 2, size))


def prefetched(make: Callable[[int], Batch], steps: range) -> Iterator[Batch]:
    """Batches of `steps` in order; a thread makes the next one meanwhile."""
    with ThreadPoolExecutor(max_workers=1) as worker:
        coming = worker.submit(make, steps[0]) if steps else None
        for step in steps:
            assert coming is not None
            batch = coming.result()
            coming = worker.submit(make, step + 1) if step + 1 in steps else None
            yield batch


def validation_batch(folder: Path) -> Batch:
    """All segments of all shards in a folder, without augmentation."""
    shards = load_shards(folder)
    mels = [mel.astype(np.float32) for shard in shards for mel in shard.mel]
    softs = [soft for shard in shards for soft in shard.soft]
    return to_batch(mels, softs, np.zeros(len(mels), np.int64))
