"""A scene's ground truth is what was put into it."""

from pathlib import Path

import numpy as np
import pytest

from babycryd.detect import features
from training.data import levels
from training.data.paths import SHARED
from training.data.truth import load_truths, save_truths
from training.synthesis import render, scenes
from training.synthesis.pool import load_pool

needs_recordings = pytest.mark.skipif(
    not (SHARED / "audio" / "manifest.csv").exists(), reason="the shared recordings are not here (BABYCRYD_SHARED)"
)


def test_trimming_takes_the_pauses_at_both_ends_only() -> None:
    sound = np.zeros(48_000, np.float32)
    sound[16_000:24_000] = sound[28_800:32_000] = 0.5
    assert len(scenes.trimmed(sound)) == 16_000


@needs_recordings
def test_scene_events_lie_within_it_and_belong_to_its_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "SCENE_S", 60.0)
    monkeypatch.setattr(scenes, "EVERY_CRY_S", 20.0)
    scene = scenes.make_scene(np.random.default_rng(1), "val")
    assert len(scene.samples) == 60 * 16000
    assert scene.cries
    assert scene.distractors
    for cry in scene.cries:
        assert 0 <= cry.onset_s < cry.offset_s <= 60
        assert cry.group in load_pool("val").cries
        assert cry.group not in load_pool("train").cries


@needs_recordings
def test_a_scene_is_the_same_again_and_survives_the_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(scenes, "SCENE_S", 20.0)
    first, second = (scenes.make_scene(np.random.default_rng(2), "val") for _ in range(2))
    assert np.array_equal(first.samples, second.samples)
    scenes.save_scene(first, tmp_path / "000.flac")
    back = scenes.load_scene(tmp_path / "000.flac")
    assert back.cries == first.cries
    assert np.allclose(back.samples, first.samples, atol=1 / 32768)


@needs_recordings
def test_a_cry_sounds_when_and_as_loudly_as_the_truth_says() -> None:
    n = int(scenes.SCENE_S * 16000)
    track, silence = np.zeros(n, np.float32), np.zeros(n, np.float32)
    bed = np.random.default_rng(0).standard_normal(n, dtype=np.float32)
    direct = np.ones(1, np.float32)
    cries = scenes._add_cries(np.random.default_rng(1), load_pool("val"), direct, track, bed, silence)
    assert cries
    for cry in cries:
        inside = slice(int(cry.onset_s * 16000), round(cry.offset_s * 16000))
        found_db = float(levels.db(levels.sounding_power(track[inside]))) - float(levels.db(float(np.mean(bed**2))))
        assert found_db == pytest.approx(cry.snr_db, abs=1.0)
        track[inside] = 0
    assert np.abs(track).max() < 1e-3


@needs_recordings
def test_segments_are_finite_and_their_truth_survives_the_disk(tmp_path: Path) -> None:
    segments = [render.render_segment(np.random.default_rng([9, i]), load_pool("train")) for i in range(6)]
    for segment in segments:
        assert segment.mel.shape == (998, 64)
        assert np.all(np.isfinite(segment.mel))
        assert len(segment.truth.cry_db) == len(segment.truth.rest_db) == 83
        assert np.array_equal(render.as_integers(segment.sound) / np.float32(32768), segment.sound)
    assert {bool(segment.truth.cries) for segment in segments} == {True, False}
    save_truths([segment.truth for segment in segments], tmp_path / "truth.npz")
    for loaded, segment in zip(load_truths(tmp_path / "truth.npz"), segments, strict=True):
        assert (loaded.cries, loaded.gap) == (segment.truth.cries, segment.truth.gap)
        assert np.array_equal(loaded.cry_db, segment.truth.cry_db)


@needs_recordings
def test_a_shard_keeps_its_waveforms_only_if_it_should(tmp_path: Path) -> None:
    for index, keep_sound in ((0, False), (1, True)):
        render.render_shard(index, "train-0", tmp_path, 2, keep_sound=keep_sound)
    assert not (tmp_path / "0000.sound.npy").exists()
    sound, mel = np.load(tmp_path / "0001.sound.npy"), np.load(tmp_path / "0001.mel.npy")
    assert (sound.dtype, sound.shape, mel.shape) == (np.int16, (2, render.SEGMENT), (2, 998, 64))
    again = features.log_mel(sound[0].astype(np.float32) / 32768).astype(np.float16)
    assert np.array_equal(np.nan_to_num(again), mel[0])
