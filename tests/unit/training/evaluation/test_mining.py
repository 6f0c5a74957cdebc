"""Hard negatives come from the train side, and are what shards of later rounds are made of."""

from pathlib import Path

import numpy as np
import pytest

from training.data import hard_negatives
from training.data.manifest import load_manifest
from training.data.paths import SHARED
from training.evaluation import mining
from training.synthesis import pool, render

needs_recordings = pytest.mark.skipif(
    not (SHARED / "audio" / "manifest.csv").exists(), reason="the shared recordings are not here (BABYCRYD_SHARED)"
)


def test_the_highest_scores_are_kept_highest_first(tmp_path: Path) -> None:
    scores = {f"{i:03}.flac": i / 1000 for i in range(mining.KEPT + 100)}
    mining.write_round(1, scores, tmp_path / "hard_negatives.csv")
    rows = hard_negatives.load_hard_negatives(tmp_path / "hard_negatives.csv")
    assert len(rows) == mining.KEPT
    assert rows[0] == hard_negatives.HardNegative(1, f"{mining.KEPT + 99}.flac", (mining.KEPT + 99) / 1000)
    assert all(row.score >= mining.LEAST_SCORE for row in rows)


def test_a_round_replaces_itself_and_no_other(tmp_path: Path) -> None:
    for number, score in ((1, 0.5), (2, 0.6), (2, 0.7)):
        mining.write_round(number, {"a.flac": score}, tmp_path / "hard_negatives.csv")
    assert hard_negatives.load_hard_negatives(tmp_path / "hard_negatives.csv") == [
        hard_negatives.HardNegative(1, "a.flac", 0.5),
        hard_negatives.HardNegative(2, "a.flac", 0.7),
    ]


@needs_recordings
def test_what_was_mined_is_negative_and_of_the_train_side() -> None:
    known = {clip.path: clip for clip in load_manifest()}
    assert {row.round for row in hard_negatives.load_hard_negatives()} >= {1}
    for row in hard_negatives.load_hard_negatives():
        assert (known[row.path].split, known[row.path].label) == ("train", "neg")


@needs_recordings
def test_later_train_shards_hold_what_was_mined_and_no_others() -> None:
    first = min(render.MINING_ROUND_FROM)
    assert not render.pool_of_shard(first - 1, "train").hard_negatives
    assert not render.pool_of_shard(first, "val").hard_negatives
    found = render.pool_of_shard(first, "train")
    assert sum(one.share for one in found.hard_negatives) == pytest.approx(1.0)
    plain = render.pool_of_shard(0, "train")
    hardest = max(found.hard_negatives, key=lambda one: one.share).clip.kind

    def share(of: pool.Pool) -> float:
        rng = np.random.default_rng(1)
        return float(np.mean([of.distractor(rng).kind == hardest for _ in range(300)]))

    assert share(found) > share(plain)
