"""Mined negatives come from the train side, and are what shards of later rounds are made of."""

import csv
from pathlib import Path

import numpy as np
import pytest

from training import mine, pool, render
from training.data import load_manifest
from training.paths import MINED, SHARED

needs_recordings = pytest.mark.skipif(
    not (SHARED / "audio" / "manifest.csv").exists(), reason="the shared recordings are not here (BABYCRYD_SHARED)"
)


def test_the_highest_scores_are_kept_highest_first(tmp_path: Path) -> None:
    scores = {f"{i:03}.flac": i / 1000 for i in range(mine.KEPT + 100)}
    mine.write(scores, tmp_path / "mined.csv")
    with (tmp_path / "mined.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == mine.KEPT
    assert rows[0] == {"path": f"{mine.KEPT + 99}.flac", "score": f"{(mine.KEPT + 99) / 1000:.3f}"}
    assert all(float(row["score"]) >= mine.LEAST_SCORE for row in rows)


@needs_recordings
def test_what_was_mined_is_negative_and_of_the_train_side() -> None:
    known = {clip.path: clip for clip in load_manifest()}
    with MINED.open() as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        assert (known[row["path"]].split, known[row["path"]].label) == ("train", "neg")


@needs_recordings
def test_later_train_shards_hold_what_was_mined_and_no_others() -> None:
    assert render.pool_of_shard(render.MINED_FROM, "train").mined
    assert not render.pool_of_shard(render.MINED_FROM - 1, "train").mined
    assert not render.pool_of_shard(render.MINED_FROM, "val").mined
    mined = render.pool_of_shard(render.MINED_FROM, "train")
    assert sum(one.share for one in mined.mined) == pytest.approx(1.0)
    plain = render.pool_of_shard(0, "train")
    hardest = max(mined.mined, key=lambda one: one.share).clip.kind

    def share(of: pool.Pool) -> float:
        rng = np.random.default_rng(1)
        return float(np.mean([of.distractor(rng)[0] == hardest for _ in range(300)]))

    assert share(mined) > share(plain)
