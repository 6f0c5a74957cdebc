"""Ground truths survive the disk as they are."""

from pathlib import Path

import numpy as np

from training.data.truth import LEVELS, ClipPlacement, SegmentTruth, SoundPlacement, load_truths, save_truths


def truth(seed: int, cries: tuple[ClipPlacement, ...], sounds: tuple[SoundPlacement, ...]) -> SegmentTruth:
    cry, rest, others, bed, shut = np.random.default_rng(seed).normal(-30, 10, (5, 83)).astype(np.float32)
    return SegmentTruth(cries, sounds, cry, rest, others, bed, shut, (0, seed), lullaby=seed > 0)


def test_truths_are_read_as_they_were_written(tmp_path: Path) -> None:
    cries = ClipPlacement("a.flac", -400, 1.25), ClipPlacement("", 16_000, 1.0, ((0.5, 1.5), (2.0, 2.5)))
    sounds = SoundPlacement("cat", "b.ogg", 800, 3200, 16_000, 0.9), SoundPlacement("cat_yowl", "", 0, -5, 9, 1.0)
    wanted = [truth(0, (), ()), truth(1, cries, sounds)]
    save_truths(wanted, tmp_path / "0000.truth.npz")
    found = load_truths(tmp_path / "0000.truth.npz")
    for one, other in zip(found, wanted, strict=True):
        assert (one.cries, one.sounds, one.gap, one.lullaby) == (other.cries, other.sounds, other.gap, other.lullaby)
        assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in LEVELS)
    assert len(LEVELS) == 5
