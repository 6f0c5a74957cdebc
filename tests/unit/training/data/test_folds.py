"""Folds share no dataset of babies or confusers between their sides, and every dataset is held out once."""

from pathlib import Path

import pytest

from training.data import folds
from training.data.manifest import BED_LABEL, MANIFEST, RIR_LABEL, Clip, load_manifest

needs_recordings = pytest.mark.skipif(
    not MANIFEST.exists(), reason="the shared recordings are not here (BABYCRYD_SHARED)"
)
BACKGROUND = {BED_LABEL, RIR_LABEL}


def sounds(side: str) -> list[Clip]:
    return [clip for clip in folds.clips_of(side) if clip.label not in BACKGROUND]


@needs_recordings
@pytest.mark.parametrize("fold", folds.FOLDS)
def test_no_dataset_stands_on_both_sides_of_a_fold_and_no_clip_is_lost(fold: int) -> None:
    sides = ("train", "val")
    train, val = (folds.clips_of(f"{side}-{fold}") for side in sides)
    datasets = [{folds.TWINS.get(clip.path, clip.dataset) for clip in sounds(f"{side}-{fold}")} for side in sides]
    assert not datasets[0] & datasets[1]
    assert {clip.path for clip in (*train, *val)} == {clip.path for clip in load_manifest()}
    assert len(train) + len(val) == len(load_manifest())


@needs_recordings
@pytest.mark.parametrize("fold", folds.FOLDS)
def test_both_sides_of_a_fold_have_babies_other_sounds_beds_and_no_common_bed(fold: int) -> None:
    for split in ("train", "val"):
        clips = folds.clips_of(f"{split}-{fold}")
        assert any(clip.may_hold_cry for clip in clips)
        assert any(clip.label == "neg" for clip in clips)
        assert {clip.split for clip in clips if clip.label in BACKGROUND} == {split}


@needs_recordings
def test_every_dataset_is_held_out_by_one_fold() -> None:
    assert set(folds.load_datasets()) >= {clip.dataset for clip in load_manifest()}
    held_out = [clip.path for fold in folds.FOLDS for clip in sounds(f"val-{fold}")]
    assert sorted(held_out) == sorted(clip.path for clip in load_manifest() if clip.label not in BACKGROUND)


@needs_recordings
def test_the_shipped_model_has_heard_no_dataset_of_the_unseen_side() -> None:
    known = {clip.dataset for split in ("train", "val") for clip in folds.clips_of(f"shipped-{split}")}
    assert known
    unseen = {clip.dataset for clip in sounds("unseen-val")}
    assert "corvin_22babies" in unseen
    assert not known & unseen
    assert known | unseen >= {clip.dataset for clip in load_manifest() if clip.label not in BACKGROUND}
    assert {clip.split for clip in folds.clips_of("unseen-val") if clip.label in BACKGROUND} == {"val"}
    assert {clip.split for clip in folds.clips_of("shipped-val")} == {"val"}


@needs_recordings
def test_a_clip_that_another_dataset_holds_too_stands_with_it() -> None:
    known = {clip.path: clip for clip in load_manifest()}
    for path, dataset in folds.TWINS.items():
        assert known[path].dataset != dataset
        others = [clip for clip in known.values() if clip.dataset == dataset]
        assert all(
            folds.split_in_fold(known[path], fold) == folds.split_in_fold(others[0], fold) for fold in folds.FOLDS
        )
        assert known[path] not in folds.clips_of("unseen-val")


@needs_recordings
def test_the_manifests_own_sides_stay_what_they_are() -> None:
    for split in ("train", "val"):
        assert folds.clips_of(split) == [clip for clip in load_manifest() if clip.split == split]


@pytest.mark.parametrize("side", ["test", "val-9", "shipped", "val-0-train"])
def test_an_unknown_side_is_refused_with_those_there_are(side: str) -> None:
    with pytest.raises(ValueError, match=f"unknown side '{side}'; write one of train, val, "):
        folds.split_of(side)


def test_an_unknown_fold_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "datasets.csv"
    path.write_text("dataset,added,fold\na,2026-11-22,0\nb,2026-11-22,7\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"datasets\.csv:3: b: the fold '7' is none of 0, 1, 2"):
        folds.load_datasets(path)


@needs_recordings
def test_a_dataset_without_a_fold_is_named_with_the_remedy() -> None:
    stranger = Clip("new/a.ogg", "neg", "train", "g", "new", "", "CC0", 1.0, 0.0)
    with pytest.raises(ValueError, match=r"new/a\.ogg: unknown dataset 'new'; add a line .* to datasets\.csv"):
        folds.split_in_fold(stranger, 0)


@needs_recordings
def test_the_tables_name_every_side_and_dataset() -> None:
    sides = folds.sides_table()
    assert all(f"| {side} |" in sides for side in folds.SIDES)
    assert "| corvin_22babies | 16 | " in folds.moves_table(0)
