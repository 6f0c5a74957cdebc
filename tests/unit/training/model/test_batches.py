"""Batches: the same for the same step, labels beside the hops they speak of, company that drowns a cry."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from babycryd.audio.format import HOP_FRAMES
from babycryd.detect.features import N_MELS, log_mel
from training.data.family_labels import LEARNT
from training.model import batches, train, training_runs
from training.model.batches import (
    FIRST_HOP,
    HOPS,
    Batch,
    Example,
    Shard,
    batch_of_step,
    overlaid,
    prefetched,
    taught,
    to_batch,
    warped,
)

CAT = LEARNT.index("cat")


def shard(seed: int = 0, segments: int = 6) -> Shard:
    """Quiet noise, and from 4 to 6 s a loud stretch: a cry, but a cat in the first two segments."""
    rng = np.random.default_rng(seed)
    mel = rng.normal(-10, 1, (segments, 998, N_MELS))
    mel[2:, 400:600] += 8
    soft = np.tile(np.array([0.0, 1.0], np.float32), (segments, 83, 1))
    soft[2:, 34:50, 0] = 1
    families = np.zeros((segments, 83, len(LEARNT), 2), np.float16)
    families[..., 1] = 1
    families[:2, 34:50, CAT, 0] = 1
    return Shard(mel.astype(np.float16), soft, families, np.array([0, 1]))


def example(one: Shard, index: int) -> Example:
    return Example(one.mel[index].astype(np.float32), one.soft[index], one.families[index].astype(np.float32))


def test_a_step_has_the_same_batch_whenever_it_is_asked_for() -> None:
    one, same, other = (batch_of_step([shard(), shard(1)], 4, (3, step)) for step in (7, 7, 8))
    assert np.array_equal(one.frames, same.frames)
    assert np.array_equal(one.targets, same.targets)
    assert not np.array_equal(one.frames, other.frames)
    assert one.frames.shape == (4, HOPS * HOP_FRAMES, N_MELS, 1)
    assert one.targets.shape == one.weights.shape == (4, HOPS - FIRST_HOP, 1)
    assert one.families.shape == one.family_weights.shape == (4, HOPS - FIRST_HOP, len(LEARNT))


@pytest.mark.parametrize("late", [0, 1])
def test_labels_stand_beside_the_hops_they_speak_of(late: int) -> None:
    one = shard()
    batch = to_batch([example(one, 3), example(one, 0)], np.array([late, late]))
    loud = batch.frames[0, :, :, 0].mean(axis=1).reshape(HOPS, HOP_FRAMES).mean(axis=1)[FIRST_HOP:] > 0.3
    assert loud.any()
    cry = batch.targets[0, :, 0] > 0
    assert np.abs(np.flatnonzero(loud)[0] - np.flatnonzero(cry)[0]) <= 1
    assert np.array_equal(batch.families[1, :, CAT] > 0, cry)


def test_company_that_drowns_a_cry_takes_its_vote_and_nothing_else() -> None:
    one, rng = shard(), np.random.default_rng(0)
    crying, cat = example(one, 3), example(one, 0)
    mel, soft = crying.mel, crying.soft
    loud = np.full_like(mel, 3.0)
    loud[::2] = -60.0  # its median is far below its energy: at any level it drowns the cry
    mixed = overlaid(rng, crying, replace(cat, mel=loud))
    assert np.all(mixed.mel >= mel - 1e-5)
    assert np.all(mixed.soft[soft[:, 0] > 0, 1] == 0)
    assert np.array_equal(mixed.soft[soft[:, 0] == 0], soft[soft[:, 0] == 0])
    silent = np.full_like(mel, -60.0)
    silent[:, 0] = mel.mean(axis=1)
    assert np.array_equal(overlaid(rng, crying, replace(cat, mel=silent)).soft[:30], soft[:30])


def test_a_cat_that_is_mixed_in_loudly_is_a_cat_and_a_soft_one_is_no_opinion() -> None:
    crying, cat = example(shard(), 3), example(shard(), 0)
    found = {"loud": 0, "soft": 0}
    for seed in range(20):
        families = overlaid(np.random.default_rng(seed), crying, cat).families[34:50, CAT]
        name = "loud" if np.random.default_rng(seed).uniform(-20, 0) >= batches.HEARD_DB else "soft"
        assert np.all(families == ([1, 1] if name == "loud" else [0, 0]))
        found[name] += 1
    assert all(found.values())


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
    first = training_runs.TrainingRun(0, 500, 32, 1, 10)
    for run_done in (first, replace(first, end=1000), replace(first, begin=1000, end=1500)):
        training_runs.record_run(tmp_path, run_done)
    assert training_runs.load_history(tmp_path) == [replace(first, end=1500)]
    training_runs.record_run(tmp_path, replace(first, begin=1500, end=2000, shards=20))
    assert training_runs.load_history(tmp_path) == [
        replace(first, end=1500),
        replace(first, begin=1500, end=2000, shards=20),
    ]


def test_every_fold_has_its_own_sides_and_checkpoints() -> None:
    assert train.Plan().sides == ("train", "val")
    assert train.Plan(fold=2).sides == ("train-2", "val-2")
    folders = {train.Plan("plain short", fold).folder.name for fold in (None, 0, 2)}
    assert folders == {"plain_short", "plain_short-0", "plain_short-2"}
    learning = train.Plan("wide", 0, "families", 0.1)
    assert learning.folder.name == "wide-0-families-weight0.1"
    assert replace(learning, family_weight=0.0).folder.name == "wide-0-families"


def test_the_sum_of_both_stages_teaches_what_the_labels_do_not_say() -> None:
    soft = np.array([[1, 1], [0, 1], [0, 0], [1, 0.3], [0, 1]], np.float32)
    sums = np.array([0, 20, 20, -20, np.nan], np.float16)
    target, weight = taught(soft, sums).T
    assert target[:4] == pytest.approx([0.75, 0.5, 1, 0.5], abs=1e-4)  # an unlabelled hop is the sum's alone
    assert weight[:4] == pytest.approx([1, 1, 0.5, 0.5])
    assert list(taught(soft, sums)[4]) == [0, 1]  # without a sum nothing changes
    assert taught(soft, sums).dtype == soft.dtype
