"""Batches for the fine-tuning of mn04: windows through other microphones, mixed with each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.second_features import MELS, network_input
from training.model.second_windows import HOPS, Windows

BATCH: Final = 32
FRAMES: Final = (192, 384)  # of the two windows
MIXED_SHARE: Final = 0.5
CONFUSERS: Final = 6  # windows of a batch that hold a confuser alone, with `--confusers`

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Batch:
    """One training step."""

    mel: Floats  # (b, 128, frames, 1)
    targets: Floats  # (b,) 0..1
    weights: Floats  # (b,)


def response(rng: np.random.Generator) -> Floats:
    """(128,) of a microphone to add to log energies: smooth; one in three loses its bass, one in five has a notch."""
    bands = np.interp(np.arange(MELS), np.linspace(0, MELS - 1, 9), rng.normal(0, 0.7, 9))
    if rng.uniform() < 0.35:
        corner, octaves = rng.uniform(10, 62), 128 / 10
        bands -= np.clip((corner - np.arange(MELS)) / octaves, 0, None) * rng.uniform(1.4, 6)
    if rng.uniform() < 0.2:
        first = int(rng.integers(0, MELS))
        bands[first : first + int(rng.integers(2, 12))] -= rng.uniform(0.7, 3.5)
    return bands.astype(np.float32)


def mel_of(windows: Windows, rows: NDArray[np.int64], frames: int, rng: np.random.Generator | None) -> Floats:
    """(b, 128, frames, 1): the last frames of some windows, through other microphones where `rng` is given."""
    mel = np.empty((len(rows), MELS, frames, 1), np.float32)
    for k, row in enumerate(rows):
        energies = np.zeros((frames, MELS), np.float32)
        heard = windows.log_energies[row, -frames:].astype(np.float32)
        peak = float(windows.peaks[row, -frames * HOPS // 384 :].max())
        if rng is not None:
            heard = heard + response(rng)[: heard.shape[1]]
            peak *= float(np.exp(rng.normal(0, 0.3)))
        energies[:, : heard.shape[1]] = np.exp(heard)
        mel[k, :, :, 0] = network_input(energies, max(peak, 1e-4))
    return mel


def batches(windows: Windows, rng: np.random.Generator, confusers: int = 0) -> Iterator[Batch]:
    """Batches without end: half cries, windows of both lengths in turn, half of them mixed with another.

    The last `confusers` windows hold a confuser alone. CONFUSERS of a batch are of these for certain, others may be.
    """
    cries, others = (np.flatnonzero((windows.targets > 0.5) == is_cry) for is_cry in (True, False))
    alone = np.arange(len(windows.targets) - confusers, len(windows.targets))
    parts = [(cries, BATCH // 2), (others, BATCH // 2 - CONFUSERS), (alone, CONFUSERS)]
    if not confusers:
        parts = [(cries, BATCH // 2), (others, BATCH // 2)]
    while True:
        for frames in FRAMES:
            rows = np.concatenate([rng.choice(some, count) for some, count in parts])
            rng.shuffle(rows)
            mel, share = mel_of(windows, rows, frames, rng), np.ones(BATCH, np.float32)
            mixed = rng.uniform(size=BATCH) < MIXED_SHARE
            drawn = rng.beta(0.4, 0.4, int(mixed.sum()))
            share[mixed] = np.maximum(drawn, 1 - drawn)
            by = share[:, None, None, None]
            targets, weights = windows.targets[rows], windows.weights[rows]
            yield Batch(
                by * mel + (1 - by) * mel[::-1],
                share * targets + (1 - share) * targets[::-1],
                share * weights + (1 - share) * weights[::-1],
            )
