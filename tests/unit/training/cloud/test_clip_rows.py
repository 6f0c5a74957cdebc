"""Rows of a clip: bit for bit what training and daemon compute from the same clip."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from babycryd.audio.format import HOP_FRAMES
from babycryd.core.events import CryStarted
from babycryd.detect.features import N_MELS, Frames
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import EMBEDDING, Scored
from babycryd.detect.settings import DetectionSettings
from tests.support.small_collection import small_collection
from training.cloud.clip_rows import Scoring, augmented, decoded, feature_rows, frames_of, score_row
from training.cloud.rows import home_hash
from training.cloud.schema import SCORE_SUMMARIES
from training.cloud.storage import CloudError
from training.data.paths import MODELS
from training.data.recordings import load_audio
from training.model.streaming import scores_and_embeddings


class Listening:
    """Classifier that keeps what it is given."""

    reference = np.zeros((1, EMBEDDING))

    def __init__(self) -> None:
        self.heard: list[Frames] = []

    def reset(self) -> None:
        """Nothing to forget."""

    def score(self, frames: Frames) -> Scored:
        self.heard.append(frames)
        return Scored(0.0, np.zeros(EMBEDDING, np.float32))


SCORING = Scoring((MODELS / "cry.tflite").read_bytes(), 0.5, "2026-11-29")


def test_a_clip_decodes_to_the_samples_that_training_has(shared: Path) -> None:
    folder, entries = small_collection()
    for entry in entries:
        assert np.array_equal(decoded((folder / entry.path).read_bytes(), entry), load_audio(entry.path))


def test_another_content_and_a_content_that_is_no_sound_are_named(shared: Path) -> None:
    folder, (entry, *_) = small_collection()
    with pytest.raises(CloudError, match="not that of the index: upload the collection again"):
        decoded((folder / entry.path).read_bytes()[:-1], entry)
    empty = replace(entry, sha256="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    with pytest.raises(CloudError, match="no sound can be read"):
        decoded(b"", empty)


def test_features_are_those_of_the_classifier_on_the_pi(shared: Path) -> None:
    _, (entry, *_) = small_collection()
    samples = load_audio(entry.path)
    frames = frames_of(samples)
    assert frames.shape[1:] == (HOP_FRAMES, N_MELS)
    listening = Listening()
    scores_and_embeddings(listening, samples)
    assert np.array_equal(frames, np.array(listening.heard))


def test_augmented_copies_differ_and_are_the_same_each_time(shared: Path) -> None:
    _, (entry, *_) = small_collection()
    samples = load_audio(entry.path)
    rows = list(feature_rows(entry, samples, 2))
    assert [row["copy"] for row in rows] == [0, 1, 2]
    assert len({row["frames"] for row in rows}) == 3
    assert rows == list(feature_rows(entry, samples, 2))
    assert np.array_equal(augmented(entry, samples, 0), samples)


def test_scores_and_alarms_are_those_of_the_local_code(shared: Path) -> None:
    _, entries = small_collection()
    classifier = SCORING.classifier()
    for entry in entries:
        samples = load_audio(entry.path)
        row = score_row(entry, samples, classifier, SCORING)
        assert row["track"] == list(scores_and_embeddings(SCORING.classifier(), samples)[0])
        pipeline = Pipeline(DetectionSettings(threshold=0.5, second_opinion=False), SCORING.classifier())
        events = [*pipeline.push(samples, 0.0, 0.0), *pipeline.flush()]
        assert row["alarms_at_s"] == [event.at_s for event in events if isinstance(event, CryStarted)]
        assert set(SCORE_SUMMARIES.columns) <= row.keys()


def test_a_row_of_a_home_holds_neither_its_name_nor_that_of_the_clip(shared: Path) -> None:
    _, (entry, *_) = small_collection()
    of_home = replace(entry, path="homes/blue-house/20261124T031502480Z.flac", split="home", group="blue-house")
    row = score_row(of_home, load_audio(entry.path), SCORING.classifier(), SCORING)
    assert row["device"] == home_hash("blue-house")
    assert "blue-house" not in str(row)
    assert "20261124" not in str(row)


def test_cries_raise_an_alarm_with_a_latency(shared: Path) -> None:
    _, entries = small_collection()
    rows = [score_row(entry, load_audio(entry.path), SCORING.classifier(), SCORING) for entry in entries]
    assert [row["is_cry"] for row in rows] == [True, True, True, False, False, False]
    assert sum(row["alarms"] for row in rows[:3]) >= 2
    assert all(0 <= row["latency_s"] < 8 for row in rows if row["latency_s"] is not None)
