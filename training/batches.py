"""From shards on the disk to batches: random windows, a random microphone response, exactly the daemon's features."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.features import N_MELS, WINDOW_FRAMES, model_input
from training.labels import LABEL_HOP_FRAMES

Floats = NDArray[np.float32]
NATS_PER_DB = np.log(10) / 10  # features are natural logarithms of energies


@dataclass(frozen=True, slots=True)
class Batch:
    """What one training step sees."""

    windows: Floats  # (b, 96, 64, 1)
    targets: Floats  # (b, 1) 0..1
    weights: Floats  # (b, 1) 0..1


def shard_numbers(folder: Path) -> list[str]:
    """Names of the shards that are complete."""
    return sorted(path.name.removesuffix(".mel.npy") for path in folder.glob("[0-9]*.mel.npy"))


def microphone_response(rng: np.random.Generator) -> Floats:
    """(64,) to add to log energies: a smooth response of a few dB; one in five loses a band as well."""
    response = np.interp(np.arange(N_MELS), np.linspace(0, N_MELS - 1, 7), rng.normal(0, 3.0 * NATS_PER_DB, 7))
    if rng.uniform() < 0.2:
        first = int(rng.integers(0, N_MELS))
        response[first : first + int(rng.integers(1, 7))] -= rng.uniform(3, 15) * NATS_PER_DB
    return response.astype(np.float32)


def windows_of(mel: NDArray[np.floating], first_frames: NDArray[np.int64], response: Floats | None) -> Floats:
    """(k, 96, 64, 1): the windows of one segment through the daemon's own `model_input`."""
    mel = mel.astype(np.float32) if response is None else mel.astype(np.float32) + response
    return np.stack([model_input(mel[first : first + WINDOW_FRAMES]) for first in first_frames])[..., None]


def _of_segment(rng: np.random.Generator, mel: NDArray[np.float16], soft: Floats, most: int) -> Batch | None:
    """Up to `most` windows that have a weight; half of them cries where there are that many."""
    cries, others = (
        np.flatnonzero((soft[:, 1] > 0) & (soft[:, 0] > 0)),
        np.flatnonzero((soft[:, 1] > 0) & (soft[:, 0] == 0)),
    )
    some_cries = rng.permutation(cries)[: max(most // 2, most - len(others))]
    chosen = np.concatenate([some_cries, rng.permutation(others)[: most - len(some_cries)]])
    if len(chosen) == 0:
        return None
    response = microphone_response(rng) if rng.uniform() < 0.7 else None
    windows = windows_of(mel, chosen * LABEL_HOP_FRAMES, response)
    return Batch(windows, soft[chosen, :1], soft[chosen, 1:])


def _block(rng: np.random.Generator, folder: Path, segments: int, most: int) -> Batch:
    """Windows of random segments of four random shards, shuffled."""
    names, parts = shard_numbers(folder), []
    for name in rng.permutation(names)[:4]:
        mel = np.load(folder / f"{name}.mel.npy", mmap_mode="r")
        soft = np.load(folder / f"{name}.soft.npy")
        parts += [_of_segment(rng, mel[i], soft[i], most) for i in np.sort(rng.permutation(len(mel))[: segments // 4])]
    kept = [part for part in parts if part is not None]
    order = rng.permutation(sum(len(part.windows) for part in kept))
    windows, targets, weights = (
        np.concatenate([getattr(part, name) for part in kept])[order] for name in ("windows", "targets", "weights")
    )
    return Batch(windows, targets, weights)


def endless(rng: np.random.Generator, folder: Path, size: int, segments: int = 256, most: int = 16) -> Iterator[Batch]:
    """Batches of `size` windows for ever; new shards are found as they are completed."""
    while True:
        block = _block(rng, folder, segments, most)
        for first in range(0, len(block.windows) - size + 1, size):
            cut = slice(first, first + size)
            yield Batch(block.windows[cut], block.targets[cut], block.weights[cut])


def whole(folder: Path, every: int = 4) -> Batch:
    """Every `every`-th labelled window of all shards, undisturbed: for watching a training run."""
    parts = []
    for name in shard_numbers(folder):
        mel, soft = np.load(folder / f"{name}.mel.npy"), np.load(folder / f"{name}.soft.npy")
        chosen = np.arange(0, soft.shape[1], every)
        parts += [
            Batch(windows_of(m, chosen * LABEL_HOP_FRAMES, None), s[chosen, :1], s[chosen, 1:])
            for m, s in zip(mel, soft, strict=True)
        ]
    return Batch(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("windows", "targets", "weights"))
    )
