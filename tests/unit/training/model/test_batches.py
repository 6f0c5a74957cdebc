"""Batches: the same for the same step, labels beside the hops they speak of, company that drowns a cry."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from babycryd.audio.format import HOP_FRAMES
from babycryd.detect.features import N_MELS, log_mel
from training.model import batches, train
from training.model.batches import FIRST_HOP, HOPS, Batch, Shard, batch_of_step, overlaid, prefetched, to_batch, warped


def shard(seed: int = 0, segments: int = 6) -> Shard:
    """Quiet noise; a loud stretch from 4 to 6 s in all but the first two segments, labelled as a cry."""
    rng = np.random.default_rng(seed)
    mel = rng.normal(-10, 1, (segments, 998, N_MELS))
    mel[2:, 400:600] += 8
    soft = np.tile(np.array([0.0, 1.0], np.float32), (segments, 83, 1))
    soft[2:, 34:50, 0] = 1
    return Shard(mel.astype(np.float16), soft, np.array([0, 1]))


def test_a_step_has_the_same_batch_whenever_it_is_asked_for() -> None:
    one, same, other = (batch_of_step([shard(), shard(1)], 4, (3, step)) for step in (7, 7, 8))
    assert np.array_equal(one.frames, same.frames)
    assert np.array_equal(one.targets, same.targets)
    assert not np.array_equal(one.frames, other.frames)
    assert one.frames.shape == (4, HOPS * HOP_FRAMES, N_MELS, 1)
    assert one.targets.shape == one.weights.shape == (4, HOPS - FIRST_HOP, 1)


@pytest.mark.parametrize("late", [0, 1])
def test_labels_stand_beside_the_hops_they_speak_of(late: int) -> None:
    one = shard()
    batch = to_batch([one.mel[3].astype(np.float32)], [one.soft[3]], np.array([late]))
    loud = batch.frames[0, :, :, 0].mean(axis=1).reshape(HOPS, HOP_FRAMES).mean(axis=1)[FIRST_HOP:] > 0.3
    assert loud.any()
    cry = batch.targets[0, :, 0] > 0
    assert np.abs(np.flatnonzero(loud)[0] - np.flatnonzero(cry)[0]) <= 1


def test_company_that_drowns_a_cry_takes_its_vote_and_nothing_else() -> None:
    one, rng = shard(), np.random.default_rng(0)
    mel, soft = one.mel[3].astype(np.float32), one.soft[3]
    loud = np.full_like(mel, 3.0)
    loud[::2] = -60.0  # its median is far below its energy: at any level it drowns the cry
    mixed, kept = overlaid(rng, mel, soft, loud)
    assert np.all(mixed >= mel - 1e-5)
    assert np.all(kept[soft[:, 0] > 0, 1] == 0)
    assert np.array_equal(kept[soft[:, 0] == 0], soft[soft[:, 0] == 0])
    silent = np.full_like(mel, -60.0)
    silent[:, 0] = mel.mean(axis=1)
    assert np.array_equal(overlaid(rng, mel, soft, silent)[1][:30], soft[:30])


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_a_warped_tone_is_the_tone_of_another_pitch(factor: float) -> None:
    def loudest_band(hz: float) -> float:
        return float(log_mel(0.3 * np.sin(2 * np.pi * hz * np.arange(16_000) / 16_000)).mean(axis=0).argmax())

    tone = log_mel(0.3 * np.sin(2 * np.pi * 1800 * np.arange(16_000) / 16_000)).astype(np.float32)
    assert abs(warped(tone, factor).mean(axis=0).argmax() - loudest_band(1800 * factor)) <= 1
    assert np.allclose(warped(tone, 1.0), tone, atol=1e-4)


def test_batches_are_made_ahead_in_order() -> None:
    made: list[int] = []

    def make(step: int) -> Batch:
        made.append(step)
        return batch_of_step([shard()], 1, (step,))

    taken = [batch.frames.sum() for batch in prefetched(make, range(3, 7))]
    assert made == [3, 4, 5, 6]
    assert taken == [batch_of_step([shard()], 1, (step,)).frames.sum() for step in range(3, 7)]
    assert list(prefetched(make, range(0))) == []


def test_without_shards_the_command_to_make_them_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(FileNotFoundError, match=r"training\.synthesis\.render"):
        batches.load_shards(tmp_path_factory.mktemp("empty"))


def test_a_training_that_was_interrupted_is_told_as_one(tmp_path: Path) -> None:
    first = train.TrainingRun(0, 500, 32, 1, 10)
    for run_done in (first, replace(first, end=1000), replace(first, begin=1000, end=1500)):
        train._record_run(tmp_path, run_done)
    assert train.load_history(tmp_path) == [replace(first, end=1500)]
    train._record_run(tmp_path, replace(first, begin=1500, end=2000, shards=20))
    assert train.load_history(tmp_path) == [replace(first, end=1500), replace(first, begin=1500, end=2000, shards=20)]


def test_every_fold_has_its_own_sides_and_checkpoints() -> None:
    assert train.sides_of(None) == ("train", "val")
    assert train.sides_of(2) == ("train-2", "val-2")
    folders = {train.checkpoint_folder("plain short", fold).name for fold in (None, 0, 2)}
    assert folders == {"plain_short", "plain_short-0", "plain_short-2"}
