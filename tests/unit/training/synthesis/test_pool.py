"""Each label has its own place: cries, distractors, beds and rooms never mix, nor do train and val."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.data import review_sheets, teacher
from training.data.manifest import BED_LABEL, MANIFEST, RIR_LABEL, Clip, load_manifest
from training.data.recordings import load_audio
from training.evaluation import baseline, mining
from training.evaluation.detectors import val_clips
from training.synthesis import pool, rooms, synthetic_sounds
from training.synthesis.pool import Pool, load_pool

needs_recordings = pytest.mark.skipif(
    not MANIFEST.exists(), reason="the shared recordings are not here (BABYCRYD_SHARED)"
)
BACKGROUND = {BED_LABEL, RIR_LABEL}
SPLITS = ("train", "val")


def made_up(kind: str, group: str) -> Clip:
    return Clip(f"{group}.ogg", BED_LABEL, "train", group, "set", kind, "CC0", 1.0, 0.0)


def clips_in(groups: dict[str, list[Clip]]) -> list[Clip]:
    return [clip for clips in groups.values() for clip in clips]


@needs_recordings
@pytest.mark.parametrize("split", SPLITS)
def test_every_bed_of_a_side_is_in_its_pool_and_no_bed_is_a_cry_or_a_distractor(split: str) -> None:
    found = load_pool(split)
    beds = [clip for groups in found.beds.values() for clip in clips_in(groups)]
    wanted = {clip.path for clip in load_manifest() if clip.label == BED_LABEL and clip.split == split}
    assert wanted
    assert wanted <= {clip.path for clip in beds}
    others = [clip for groups in found.distractors.values() for clip in clips_in(groups)] + clips_in(found.cries)
    assert not {clip.label for clip in others} & BACKGROUND
    assert {clip.split for clip in [*beds, *others]} == {split}


def test_beds_are_drawn_by_kind_and_group_not_by_file(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [made_up("rain", f"rain{i}") for i in range(20)]
    beds = {"rain": {clip.group: [clip] for clip in many}, "storm": {"storm": [made_up("storm", "storm")]}}
    monkeypatch.setattr(pool, "load_audio", lambda _: np.ones(100, np.float32))
    monkeypatch.setattr(synthetic_sounds, "BEDS", (synthetic_sounds.tone,))
    rng = np.random.default_rng(0)
    kinds = [Pool({}, {}, beds, [], {}).bed(rng, 100)[0] for _ in range(500)]
    assert kinds.count("storm") == pytest.approx(kinds.count("rain"), rel=0.3)


@needs_recordings
@pytest.mark.parametrize("split", SPLITS)
def test_measured_rooms_stand_beside_the_simulated_ones(split: str) -> None:
    clips = [clip for clip in load_manifest() if clip.label == RIR_LABEL and clip.split == split]
    measured, every = rooms.measured_rooms(split), rooms.load_rooms(split)
    assert len(measured) == len(clips)
    assert len(every) >= len(measured) + 10
    assert all(np.array_equal(*pair) for pair in zip(every[len(every) - len(measured) :], measured, strict=True))
    for room in every:
        assert len(room) <= 0.6 * 16_000
        assert float(np.sum(room**2)) == pytest.approx(1.0, abs=1e-3)
    for clip, room in zip(sorted(clips, key=lambda clip: clip.path), measured, strict=True):
        assert np.array_equal(room, rooms.normalised(load_audio(clip.path)))


def test_without_any_room_the_command_that_makes_them_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rooms, "SHARED", tmp_path)
    monkeypatch.setattr(rooms, "ROOMS", tmp_path)
    monkeypatch.setattr(rooms, "measured_rooms", lambda _: [])
    with pytest.raises(FileNotFoundError, match=r"training\.synthesis\.rooms"):
        rooms.load_rooms.__wrapped__("train")


@needs_recordings
@pytest.mark.parametrize(
    "chosen",
    [teacher.clips_to_score, review_sheets.clips_to_review, mining.candidates, val_clips, baseline.training_clips],
)
def test_neither_beds_nor_rooms_are_heard_by_teacher_review_mining_and_figures(chosen: Callable[[], Any]) -> None:
    labels = {clip.label for clip in chosen()}
    assert labels
    assert not labels & BACKGROUND
    if chosen in (teacher.clips_to_score, review_sheets.clips_to_review):
        assert labels <= {"cry", "cry_suspect", "cry_candidate"}
