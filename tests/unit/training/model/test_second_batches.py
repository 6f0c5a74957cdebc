"""Batches of the fine-tuning: half cries, and as many lone confusers as were asked for."""

import numpy as np

from training.model.second_batches import BATCH, CONFUSERS, FRAMES, batches
from training.model.second_windows import HOPS, Windows


def windows() -> Windows:
    """Eight cries, eighteen others and six lone confusers; the weight of a window says which it is."""
    n = 32
    energies = np.full((n, 384, 105), -8, np.float16)
    targets = np.where(np.arange(n) < 8, 1, 0).astype(np.float32)
    weights = np.where(np.arange(n) < 26, 1, 0.5).astype(np.float32)
    return Windows(energies, np.full((n, HOPS), 0.1, np.float32), targets, weights, 0.5 * np.ones(n, np.float32))


def test_a_batch_is_half_cries_and_holds_the_lone_confusers() -> None:
    drawn = batches(windows(), np.random.default_rng(0), confusers=6)
    for frames, batch in zip(FRAMES, drawn, strict=False):
        assert batch.mel.shape == (BATCH, 128, frames, 1)
        assert abs(batch.targets.mean() - 0.5) < 0.25  # mixing moves it a little
        assert BATCH - batch.weights.sum() >= 0.5 * CONFUSERS - 1e-4


def test_without_confusers_none_is_drawn_more_often() -> None:
    one, other = (next(batches(windows(), np.random.default_rng(0), confusers)) for confusers in (0, 6))
    assert one.weights.sum() > other.weights.sum()
