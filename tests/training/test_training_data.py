"""The manifest: no group on both sides, no clip whose licence forbids training."""

from pathlib import Path

import pytest

from training.data.manifest import (
    PERMITTING_LICENCES,
    Clip,
    load_audio,
    load_manifest,
    sources_table,
    straddling_groups,
)
from training.data.paths import SHARED

needs_recordings = pytest.mark.skipif(
    not (SHARED / "audio" / "manifest.csv").exists(), reason="the shared recordings are not here (BABYCRYD_SHARED)"
)
HEADER = "path,label,split,group,dataset,note,licence,native_rate_hz,duration_s,yamnet_baby_cry_max,yamnet_crying_max\n"


def clip(group: str, split: str) -> Clip:
    return Clip("a.flac", "cry", split, group, "set", "", "CC BY-SA 4.0", 1.0, 0.0)


def test_a_group_on_both_sides_is_named() -> None:
    assert straddling_groups([clip("baby1", "train"), clip("baby1", "val"), clip("baby2", "val")]) == {"baby1"}


def test_a_straddling_manifest_is_refused(tmp_path: Path) -> None:
    rows = [f"{side}.flac,cry,{side},baby1,set,,CC BY-SA 4.0,16000,1.0,0.9,0.8" for side in ("train", "val")]
    path = tmp_path / "manifest.csv"
    path.write_text(HEADER + "\n".join(rows), encoding="utf-8")
    with pytest.raises(ValueError, match="both sides of the split: baby1"):
        load_manifest(path)


def test_a_licence_that_is_not_known_to_permit_training_keeps_the_clip_out(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    rows = ["a.flac,neg,train,g1,set,,CC BY-NC 3.0,16000,1.0,,", "b.flac,neg,train,g2,set,,CC BY-SA 4.0,16000,1.0,,"]
    path.write_text(HEADER + "\n".join(rows), encoding="utf-8")
    assert [one.path for one in load_manifest(path)] == ["b.flac"]


@needs_recordings
def test_the_real_manifest_splits_by_group() -> None:
    clips = load_manifest()
    assert {one.split for one in clips} == {"train", "val"}
    assert not straddling_groups(clips)
    assert {one.licence for one in clips} <= PERMITTING_LICENCES


@needs_recordings
def test_a_clip_loads_as_long_as_the_manifest_says() -> None:
    first = load_manifest()[0]
    assert len(load_audio(first.path)) == pytest.approx(first.duration_s * 16000, abs=200)


@needs_recordings
def test_the_table_of_sources_names_every_dataset() -> None:
    clips = load_manifest()
    table = sources_table(clips)
    assert all(f"| {dataset} |" in table for dataset in {one.dataset for one in clips})
